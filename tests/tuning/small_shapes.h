// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "hardware/platform_config.h"
#include "workload/graph.h"

namespace orrery::tuning {

// One random product or convolution of dimensions up to some dozens, as seed says.
[[nodiscard]] workload::Graph small_shape(std::uint64_t seed);

// An 8 x 8 array, 16 KiB of scratchpad and DDR4, so that tiles matter to small shapes.
[[nodiscard]] hardware::PlatformConfig small_platform();

// The cheapest of all candidates, each of them simulated, against what a search with `evaluations`
// finds.
class Gap {
 public:
  std::size_t candidates = 0;
  std::int64_t evaluations = 0;
  bool is_proven = false;
  bool bounds_hold = true;
  std::int64_t by_default = 0;  // cycles
  std::int64_t tuned = 0;
  std::int64_t exhaustive = 0;

  [[nodiscard]] double excess() const { return over(tuned); }
  [[nodiscard]] double default_excess() const { return over(by_default); }

 private:
  [[nodiscard]] double over(std::int64_t cycles) const {
    return static_cast<double>(cycles) / static_cast<double>(exhaustive) - 1.0;
  }
};
[[nodiscard]] Gap measure_gap(std::uint64_t seed, std::int64_t evaluations);

}  // namespace orrery::tuning
