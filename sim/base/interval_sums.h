// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace orrery::base {

// Amounts by interval of time. Where the run outgrows the intervals, each two become one, so that
// memory stays bounded and the order of what is added cannot be seen.
class IntervalSums {
 public:
  static constexpr std::size_t kIntervals = 256;
  static constexpr Femtoseconds kFirstWidth = 1 << 20;  // about 1 ns

  // The amount came evenly from `begin` to `end` (0 <= begin <= end): of each interval what had
  // come by its end, rounded down, less what had come before it.
  void add(Femtoseconds begin, Femtoseconds end, std::int64_t amount);

  // Of each interval: kFirstWidth times a power of two.
  [[nodiscard]] Femtoseconds width() const { return width_; }
  // Sums of `count` intervals of a width that is this one or a larger one; the last also has what
  // came later.
  [[nodiscard]] std::vector<std::int64_t> sums(Femtoseconds width, std::size_t count) const;

 private:
  void reach(Femtoseconds time);

  Femtoseconds width_ = kFirstWidth;
  std::vector<std::int64_t> sums_;  // up to the last that has something
};

}  // namespace orrery::base
