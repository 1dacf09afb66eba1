// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/cache_tier.h"

namespace orrery::memory::reference {

// A transfer that arrives at the cache in a cycle; those of one cycle stand in their order.
struct CacheRequest {
  base::Cycle cycle = 0;
  Transfer transfer;
};

struct CacheOutcome {
  std::vector<base::Cycle> ready;  // by request
  CacheStatistics statistics;
};

// What docs/components/cache.md says, cycle by cycle, of a cache in front of a memory that answers
// every request so many cycles later. Slow: it looks at every line that there is in every cycle.
[[nodiscard]] CacheOutcome run_clocked_cache(const CacheTierConfig& config,
                                             base::Cycle memory_cycles,
                                             const std::vector<CacheRequest>& requests);

}  // namespace orrery::memory::reference
