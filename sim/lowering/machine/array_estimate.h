// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "lowering/machine/machine.h"
#include "numeric/element_type.h"
#include "timing/convolution_window.h"

namespace orrery::lowering {

struct TileSize {
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::int64_t groups = 1;
  // Of a row-stationary tile. Left out (it does not have m outputs): that of a matrix product.
  timing::ConvolutionWindow window = {};
  bool operator==(const TileSize&) const = default;
};

// Cycles by which a tile delays the next one of its size on an array: the sum over its folds of
//   os: max(k * feed interval, rows drained)      m by rows, n by columns
//   ws: max(m * left interval, rows preloaded * top interval)   n by columns, k by rows
//   is: max(n * left interval, rows preloaded * top interval)   m by columns, k by rows
//   rs: max(output columns * steps, filters / port), for each pass
// with the intervals that the ports need for one vector (docs/components/systolic_array.md). Where
// folds do not overlap: SCALE-Sim's cycles of the tile. Groups share the array in passes, as
// timing::GroupPasses says. An array that works in steps: timing::step_array_period.
[[nodiscard]] std::int64_t array_cycles(const Machine::Array& array, timing::Dataflow dataflow,
                                        const TileSize& tile, numeric::ElementType a,
                                        numeric::ElementType b);

// What the last tile adds until its results stand in the accumulators.
[[nodiscard]] std::int64_t array_drain_cycles(const Machine::Array& array);

}  // namespace orrery::lowering
