// SPDX-License-Identifier: Apache-2.0
#include "memory/ideal_tier.h"

#include <algorithm>

namespace orrery::memory {

IdealTier::IdealTier(const sc_core::sc_module_name& name, std::int64_t capacity,
                     std::int64_t access_bytes, Femtoseconds latency)
    : Tier(name, capacity), latency_(std::max<Femtoseconds>(latency, 1)) {
  statistics_.model = "ideal";
  statistics_.access_bytes = static_cast<std::uint64_t>(access_bytes);
}

void IdealTier::accept(const Transfer& transfer, const Request& request) {
  const auto access = static_cast<std::int64_t>(statistics_.access_bytes);
  const std::uint64_t bursts = count_bursts(transfer, access);
  count_access(statistics_, transfer, bursts);
  bytes_.add(now(), now(), static_cast<std::int64_t>(bursts) * access);
  answer_at(now() + latency_, request);
}

void IdealTier::finish(Femtoseconds /*end*/) {}

}  // namespace orrery::memory
