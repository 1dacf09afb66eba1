// SPDX-License-Identifier: Apache-2.0
#include "timing/systolic_loop_nest.h"

#include "base/error.h"

namespace orrery::timing {

std::int64_t checked_product(std::int64_t a, std::int64_t b) {
  const __int128 product = static_cast<__int128>(a) * b;
  base::require_invariant(product <= kLargestCount, "the counts of a tile are at most 2^62",
                          "systolic array");
  return static_cast<std::int64_t>(product);
}

SystolicLoopNest loop_nest(const ArrayShape& array, Dataflow dataflow, const TileShape& tile) {
  base::require_invariant(array.rows >= 1 && array.cols >= 1,
                          "a systolic array has at least one row and one column");
  base::require_invariant(tile.m >= 1 && tile.n >= 1 && tile.k >= 1,
                          "a tile holds at least one element in each dimension");
  switch (dataflow) {
    case Dataflow::kOutputStationary:
      return {tile.m, array.rows, tile.n, array.cols, tile.k};
    case Dataflow::kWeightStationary:
      return {tile.n, array.cols, tile.k, array.rows, tile.m};
    case Dataflow::kInputStationary:
      return {tile.m, array.cols, tile.k, array.rows, tile.n};
  }
  throw base::InternalError("known dataflow", "systolic array");
}

void count_actions(const ArrayShape& array, Dataflow dataflow, const TileShape& tile,
                   TileTiming& timing) {
  const SystolicLoopNest nest = loop_nest(array, dataflow, tile);
  const std::int64_t outer_blocks = nest.outer_blocks();
  const std::int64_t inner_blocks = nest.inner_blocks();
  const std::int64_t a_size = checked_product(tile.m, tile.k);
  const std::int64_t b_size = checked_product(tile.k, tile.n);
  const std::int64_t c_size = checked_product(tile.m, tile.n);
  timing.folds = checked_product(outer_blocks, inner_blocks);
  timing.macs_useful = checked_product(c_size, tile.k);
  timing.macs_executed = checked_product(checked_product(array.rows, array.cols),
                                         checked_product(timing.folds, nest.streamed));
  switch (dataflow) {
    case Dataflow::kOutputStationary:
      timing.a_elements_read = checked_product(a_size, inner_blocks);
      timing.b_elements_read = checked_product(b_size, outer_blocks);
      timing.partial_sums_written = c_size;
      break;
    case Dataflow::kWeightStationary:
      timing.a_elements_read = checked_product(a_size, outer_blocks);
      timing.b_elements_read = b_size;
      timing.partial_sums_written = checked_product(c_size, inner_blocks);
      break;
    case Dataflow::kInputStationary:
      timing.a_elements_read = a_size;
      timing.b_elements_read = checked_product(b_size, outer_blocks);
      timing.partial_sums_written = checked_product(c_size, inner_blocks);
      break;
  }
  timing.partial_sums_read = timing.partial_sums_written - c_size;
}

}  // namespace orrery::timing
