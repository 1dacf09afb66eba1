// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "config/schema.h"

namespace orrery::hardware {

// A cache in front of a memory tier; docs/components/cache.md.
struct CacheConfig {
  base::Bytes capacity{1 << 20};
  base::Bytes line{128};
  std::int64_t ways = 16;
  std::int64_t slices = 1;
  std::int64_t slice_bytes = 64;  // a cycle
  std::string clock = "core";
  base::Duration hit_latency;
  base::Duration miss_latency;  // from the cache to the memory
  base::Duration fill_latency;  // and back
  std::int64_t outstanding_bursts = 256;
  bool hashed = false;  // slices of lines and channels of the memory
  base::SourcePosition where;

  [[nodiscard]] std::int64_t sets() const { return capacity.value / (line.value * ways); }

  [[nodiscard]] static const config::Schema<CacheConfig>& schema();
};

}  // namespace orrery::hardware
