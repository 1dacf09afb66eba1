// SPDX-License-Identifier: Apache-2.0
#include "timing/systolic_loop_nest.h"

#include <algorithm>

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

GroupPasses group_passes(const ArrayShape& array, Dataflow dataflow, const TileShape& tile) {
  base::require_invariant(tile.groups >= 1, "a tile has at least one group");
  const SystolicLoopNest one = loop_nest(array, dataflow, tile);
  GroupPasses passes;
  if (dataflow != Dataflow::kOutputStationary) {
    passes.packed = std::clamp<std::int64_t>(
        std::min(one.inner_step / one.inner, one.outer_step / one.outer), 1, tile.groups);
  }
  passes.count = (tile.groups - 1) / passes.packed + 1;
  passes.last_packed = (tile.groups - 1) % passes.packed + 1;
  const auto side_by_side = [&](std::int64_t groups) {
    SystolicLoopNest nest = one;
    nest.outer *= groups;
    nest.inner *= groups;
    return nest;
  };
  passes.full = side_by_side(passes.packed);
  passes.last = side_by_side(passes.last_packed);
  return passes;
}

void count_actions(const ArrayShape& array, Dataflow dataflow, const TileShape& tile,
                   TileTiming& timing) {
  const SystolicLoopNest nest = loop_nest(array, dataflow, tile);
  const std::int64_t outer_blocks = nest.outer_blocks();
  const std::int64_t inner_blocks = nest.inner_blocks();
  // Zeros beside the diagonal are made at the edge of the array: nothing is read for them.
  const std::int64_t a_size = checked_product(checked_product(tile.m, tile.k), tile.groups);
  const std::int64_t b_size = checked_product(checked_product(tile.k, tile.n), tile.groups);
  const std::int64_t c_size = checked_product(checked_product(tile.m, tile.n), tile.groups);
  timing.folds = checked_product(checked_product(outer_blocks, inner_blocks),
                                 group_passes(array, dataflow, tile).count);
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
