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

// The cheapest of all candidates against what a search with `evaluations` finds.
struct Gap {
  std::size_t candidates = 0;
  double by_default = 0.0;  // cycles
  double tuned = 0.0;
  double exhaustive = 0.0;

  [[nodiscard]] double excess() const { return tuned / exhaustive - 1.0; }
  [[nodiscard]] double default_excess() const { return by_default / exhaustive - 1.0; }
};
[[nodiscard]] Gap measure_gap(std::uint64_t seed, std::int64_t evaluations);

}  // namespace orrery::tuning
