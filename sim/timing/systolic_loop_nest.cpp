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
  const auto extent = [&](std::size_t i) {
    const Dimension dimension = dataflow.loop(i).dimension;
    return dimension == Dimension::kM ? tile.m : dimension == Dimension::kN ? tile.n : tile.k;
  };
  const bool rows_outside = dataflow.loop(0).placement == LoopPlacement::kRows;
  return {extent(0), rows_outside ? array.rows : array.cols,
          extent(1), rows_outside ? array.cols : array.rows,
          extent(2), rows_outside};
}

OperandRepeats operand_repeats(const ArrayShape& array, Dataflow dataflow, const TileShape& tile) {
  const SystolicLoopNest nest = loop_nest(array, dataflow, tile);
  // An operand that lacks a dimension is read again for each of its blocks.
  const auto repeats = [&](Dimension lacking) {
    return lacking == dataflow.loop(0).dimension   ? nest.outer_blocks()
           : lacking == dataflow.loop(1).dimension ? nest.inner_blocks()
                                                   : 1;
  };
  return {repeats(Dimension::kN), repeats(Dimension::kM), repeats(Dimension::kK)};
}

GroupPasses group_passes(const ArrayShape& array, Dataflow dataflow, const TileShape& tile) {
  base::require_invariant(tile.groups >= 1, "a tile has at least one group");
  const SystolicLoopNest one = loop_nest(array, dataflow, tile);
  GroupPasses passes;
  if (dataflow.machine() == Dataflow::Machine::kOperandStays) {
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
  const OperandRepeats repeats = operand_repeats(array, dataflow, tile);
  timing.a_elements_read = checked_product(a_size, repeats.a);
  timing.b_elements_read = checked_product(b_size, repeats.b);
  timing.partial_sums_written = checked_product(c_size, repeats.c);
  timing.partial_sums_read = timing.partial_sums_written - c_size;
}

}  // namespace orrery::timing
