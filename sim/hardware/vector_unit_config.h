// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/engine_config.h"
#include "timing/vector_timing.h"

namespace orrery::hardware {

// docs/components/vector_unit.md
struct VectorUnitConfig : EngineConfig {
  std::int64_t lanes = 128;
  std::int64_t chained_operations = 1;  // simple operations a lane does on an element in a cycle
  std::int64_t latency = 8;             // cycles from a pass's first read to its first result
  std::int64_t exponential_cycles = 4;  // of a lane for one exponential, tanh or logistic
  std::int64_t divide_cycles = 4;       // of a lane for one division or square root
  std::int64_t read_port_bytes = 512;   // per cycle
  std::int64_t write_port_bytes = 256;

  [[nodiscard]] timing::VectorCosts costs() const {
    return {lanes,         chained_operations, latency,         exponential_cycles,
            divide_cycles, read_port_bytes,    write_port_bytes};
  }

  [[nodiscard]] std::int64_t units() const override { return lanes; }

  [[nodiscard]] static const config::Schema<VectorUnitConfig>& schema();
};

}  // namespace orrery::hardware
