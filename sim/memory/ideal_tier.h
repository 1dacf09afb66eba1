// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory/bandwidth_tier.h"
#include "memory/tier.h"

namespace orrery::memory {

// A memory without limits: every transfer is answered `latency` after it was requested, but never
// at the same moment: a latency of 0 counts as 1 fs.
class IdealTier : public Tier {
 public:
  // access_bytes: the granularity in which the bytes are counted.
  IdealTier(const sc_core::sc_module_name& name, std::int64_t capacity, std::int64_t access_bytes,
            Femtoseconds latency = 0);

  void finish(Femtoseconds end) override;
  [[nodiscard]] TierStatistics statistics() const override { return statistics_; }
  [[nodiscard]] base::IntervalSums bytes_over_time() const override { return bytes_; }

 protected:
  void accept(const Transfer& transfer, const Request& request) override;

 private:
  Femtoseconds latency_;
  TierStatistics statistics_;
  base::IntervalSums bytes_;
};

}  // namespace orrery::memory
