// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "config/schema.h"

namespace orrery::hardware {

// Of each bit that a memory moves, with where the figures come from.
struct TransferEnergy {
  double read_picojoules_per_bit = 0;
  double write_picojoules_per_bit = 0;
  std::string source;
};

// A block device as a memory tier; docs/components/tiers.md.
struct StorageConfig {
  // Where the energy comes from is part of it: there is no default.
  struct Energy : TransferEnergy {
    double idle_watts = 0;  // drawn always
  };

  std::string name;
  base::Bytes capacity{1};
  base::Bytes block{4096};
  std::int64_t queue_depth = 64;
  bool link = false;  // to other devices
  base::Duration read_latency;
  base::Duration write_latency;
  base::Bytes read_rate{1};  // bytes a second
  base::Bytes write_rate{1};
  Energy energy;

  [[nodiscard]] static const config::Schema<StorageConfig>& schema();
};

}  // namespace orrery::hardware
