// SPDX-License-Identifier: Apache-2.0
#include "timing/systolic_timing.h"

#include <algorithm>

#include "base/error.h"
#include "timing/systolic_loop_nest.h"
#include "timing/systolic_pipeline.h"

namespace orrery::timing {

namespace {

// Folds of a stationary operand: the waves of successive folds are max(depth, streamed) apart,
// where depth is the number of rows that the later fold preloads.
Cycle stationary_cycles(const ArrayShape& array, const GroupPasses& passes) {
  // The cycles between the first waves of a block and of the one after it.
  const auto block = [](const SystolicLoopNest& nest) {
    return checked_product(nest.inner_blocks() - 1, std::max(nest.inner_step, nest.streamed)) +
           std::max(nest.last_inner(), nest.streamed);
  };
  const SystolicLoopNest& full = passes.full;
  const SystolicLoopNest& last = passes.last;
  const std::int64_t first_depth = std::min(full.inner, full.inner_step);
  const Cycle waves =
      checked_product(passes.count - 1, checked_product(full.outer_blocks(), block(full))) +
      checked_product(last.outer_blocks(), block(last));
  const Cycle last_wave = first_depth + waves - std::max(first_depth, full.streamed);
  const Cycle tail = full.streamed + array.rows - 1;
  const Cycle done = last_wave + tail + last.last_outer();
  if (last.outer_blocks() == 1 && passes.count == 1) {
    return done;
  }
  // The block before the last has as many columns as a full one has.
  return std::max(done, last_wave - block(last) + tail + std::min(full.outer, full.outer_step));
}

// Output-stationary folds: the captures of successive folds are max(k, used rows) apart, where the
// rows are those that the earlier fold drains.
Cycle output_stationary_cycles(const ArrayShape& array, const GroupPasses& passes) {
  const SystolicLoopNest& nest = passes.last;
  const Cycle full = std::max(nest.streamed, nest.outer_step);
  const std::int64_t rows = nest.last_outer();
  const Cycle last = std::max(nest.streamed, rows);
  const Cycle full_blocks =
      checked_product(checked_product(nest.outer_blocks() - 1, nest.inner_blocks()), full);
  const Cycle group = full_blocks + checked_product(nest.inner_blocks(), last);
  const Cycle last_capture = nest.streamed + checked_product(passes.count, group) - last;
  const Cycle tail = rows + array.rows - 1;
  const Cycle done = last_capture + tail + nest.last_inner();
  if (nest.inner_blocks() == 1) {
    return done;
  }
  return std::max(done, last_capture - last + tail + nest.inner_step);
}

Cycle ceil_divide(std::int64_t numerator, std::int64_t denominator) {
  return numerator / denominator + (numerator % denominator != 0 ? 1 : 0);
}

// Cycles to move `elements` of `bits` each through a port of `width` bytes a cycle.
Cycle interval(std::int64_t elements, const base::Rational& bits, std::int64_t width) {
  base::require_invariant(bits >= 1 && width >= 0,
                          "an element has at least one bit and a port no negative width");
  if (width == 0) {
    return 1;
  }
  return ceil_divide(checked_product(elements, bits.numerator()),
                     checked_product(width, 8 * bits.denominator()));
}

}  // namespace

Cycle tile_cycles(const ArrayShape& array, Dataflow dataflow, const TileShape& tile) {
  const GroupPasses passes = group_passes(array, dataflow, tile);
  const bool sums_stay = dataflow.machine() == Dataflow::Machine::kSumsStay;
  if (passes.full.rows_outside != sums_stay) {
    return tile_cycles(array, dataflow, tile, FeedIntervals{});
  }
  return sums_stay ? output_stationary_cycles(array, passes) : stationary_cycles(array, passes);
}

Cycle tile_cycles(const ArrayShape& array, Dataflow dataflow, const TileShape& tile,
                  const FeedIntervals& intervals) {
  return SystolicPipeline(array).issue(0, dataflow, tile, intervals).done;
}

Cycle scale_sim_cycles(const ArrayShape& array, Dataflow dataflow, const TileShape& tile) {
  const SystolicLoopNest nest = loop_nest(array, dataflow, tile);
  const std::int64_t preload = dataflow.machine() == Dataflow::Machine::kSumsStay ? 0 : array.rows;
  const std::int64_t folds = checked_product(nest.outer_blocks(), nest.inner_blocks());
  return checked_product(checked_product(folds, group_passes(array, dataflow, tile).count),
                         nest.streamed + preload + array.rows + array.cols - 2);
}

Cycle roofline_cycles(const ArrayShape& array, const TileShape& tile) {
  (void)loop_nest(array, Dataflow::kOutputStationary, tile);
  const std::int64_t products = checked_product(checked_product(tile.m, tile.n), tile.k);
  return ceil_divide(checked_product(products, tile.groups),
                     checked_product(array.rows, array.cols));
}

FeedIntervals feed_intervals(const ArrayShape& array, Dataflow dataflow, const TileShape& tile,
                             const OperandBits& bits, const PortWidths& widths) {
  const GroupPasses passes = group_passes(array, dataflow, tile);
  const SystolicLoopNest& nest = passes.full;
  const std::int64_t outer = std::min(nest.outer, nest.outer_step);
  const std::int64_t inner = std::min(nest.inner, nest.inner_step);
  const std::int64_t used_rows = nest.rows_outside ? outer : inner;
  const std::int64_t used_cols = nest.rows_outside ? inner : outer;
  // A row of the diagonal's weights has elements of one group; the rest is zero.
  const std::int64_t top_elements = used_cols / passes.packed;
  return {interval(used_rows, dataflow.a_on_top() ? bits.b : bits.a, widths.left),
          interval(top_elements, dataflow.a_on_top() ? bits.a : bits.b, widths.top),
          interval(used_cols, bits.accumulator, widths.accumulator)};
}

}  // namespace orrery::timing
