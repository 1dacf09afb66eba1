// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace orrery::memory::dram {

// Bursts by interval of cycles. Where a run outgrows the intervals, each two become one. As cheap
// as a counter, for every burst passes here.
class BurstCounts {
 public:
  static constexpr std::size_t kIntervals = 512;

  void add(base::Cycle cycle) {
    while (static_cast<std::uint64_t>(cycle) >> shift_ >= kIntervals) {
      merge();
    }
    ++counts_[static_cast<std::size_t>(cycle >> shift_)];
  }

  // Cycles of an interval: a power of two.
  [[nodiscard]] base::Cycle width() const { return base::Cycle{1} << shift_; }
  [[nodiscard]] const std::array<std::int64_t, kIntervals>& counts() const { return counts_; }

 private:
  void merge();

  int shift_ = 0;
  std::array<std::int64_t, kIntervals> counts_{};
};

}  // namespace orrery::memory::dram
