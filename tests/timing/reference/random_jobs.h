// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/timing/reference/array_controller.h"

namespace orrery::timing::reference {

// Bounds of random cases; each size is 1 in one case of four, so that edges are common.
struct RandomLimits {
  std::int64_t side = 9;      // rows and columns of the array
  std::int64_t size = 24;     // m, n, k
  std::int64_t groups = 1;    // of a tile
  Cycle interval = 1;         // of every port
  Cycle pause = 0;            // between the earliest cycles of successive tiles
  bool one_dataflow = false;  // for all tiles of a sequence
};

// Every nest of m, n and k that an array can run, both orders of its folds.
[[nodiscard]] const std::vector<Dataflow>& matrix_dataflows();

[[nodiscard]] ArrayShape random_array(base::Random& random, const RandomLimits& limits);

// `count` tiles with random operands in [-9, 9].
[[nodiscard]] std::vector<TileJob> random_jobs(base::Random& random, const RandomLimits& limits,
                                               std::int64_t count);

// The array and the tiles in words, for the message of a failed test.
[[nodiscard]] std::string describe(const ArrayShape& array, const std::vector<TileJob>& jobs);

}  // namespace orrery::timing::reference
