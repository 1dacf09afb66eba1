// SPDX-License-Identifier: Apache-2.0
#include "timing/systolic_pipeline.h"

#include <algorithm>

#include "base/error.h"
#include "timing/systolic_timing.h"

namespace orrery::timing {

SystolicPipeline::SystolicPipeline(const ArrayShape& array, FoldConvention convention)
    : array_(array), convention_(convention) {
  base::require_invariant(array.rows >= 1 && array.cols >= 1,
                          "a systolic array has at least one row and one column");
}

TileTiming SystolicPipeline::issue(Cycle earliest, Dataflow dataflow, const TileShape& tile,
                                   const FeedIntervals& intervals) {
  base::require_invariant(intervals.left >= 1 && intervals.top >= 1 && intervals.accumulator >= 1,
                          "a port needs at least one cycle for a vector");
  if (convention_ == FoldConvention::kScaleSim) {
    return issue_unpipelined(earliest, dataflow, tile);
  }
  base::require_invariant(dataflow.machine() != Dataflow::Machine::kRowsStay,
                          "a row-stationary tile comes with a window and a plan");
  earliest = enter(false, earliest);
  const GroupPasses passes = group_passes(array_, dataflow, tile);
  TileTiming timing;
  count_actions(array_, dataflow, tile, timing);
  // No fold takes longer than this, so that no sum below overflows.
  const Cycle longest = std::max({intervals.left, intervals.top, intervals.accumulator});
  const Cycle bound = checked_product(
      timing.folds, checked_product(passes.full.streamed + array_.rows + array_.cols, longest));
  base::require_invariant(
      earliest >= 0 && earliest <= kLargestCount - bound && busy_until_ <= kLargestCount - bound,
      "the time of a tile is in [0, 2^62]", "systolic array");

  dataflow_ = dataflow;
  intervals_ = intervals;
  streamed_ = passes.full.streamed;
  rows_outside_ = passes.full.rows_outside;
  done_ = 0;
  left_last_ = std::max(left_last_, earliest - 1);
  top_last_ = std::max(top_last_, earliest - 1);
  timing.start = first_fetch();

  repeat(passes.count - 1, [&] { pass(passes.full); });
  pass(passes.last);

  timing.next_issue = top_last_ + 1;
  const bool a_on_top = dataflow.a_on_top();
  timing.a_free = (a_on_top ? top_last_ : left_last_) + 1;
  timing.b_free = (a_on_top ? left_last_ : top_last_) + 1;
  timing.done = done_;
  account(timing);
  return timing;
}

Cycle SystolicPipeline::enter(bool rows_stay, Cycle earliest) {
  const bool waits = rows_stay != rows_stay_;
  rows_stay_ = rows_stay;
  return waits ? std::max(earliest, busy_until_) : earliest;
}

void SystolicPipeline::account(TileTiming& timing) {
  timing.busy_cycles = std::max<Cycle>(0, timing.done - std::max(timing.start, busy_until_));
  busy_until_ = std::max(busy_until_, timing.done);
}

TileTiming SystolicPipeline::issue(Cycle earliest, const RowStationaryTile& tile,
                                   const RowStationaryPlan& plan) {
  TileTiming timing;
  count_row_stationary_actions(array_, tile, plan, timing);
  const RowStationaryCycles& cycles = plan.cycles;
  // A tile alone takes no longer than this.
  const Cycle bound = checked_product(timing.folds + 1, cycles.period()) + cycles.preload +
                      cycles.first_feed + cycles.compute + cycles.drain + array_.rows;
  base::require_invariant(
      earliest >= 0 && earliest <= kLargestCount - bound && busy_until_ <= kLargestCount - bound,
      "the time of a tile is in [0, 2^62]", "systolic array");
  const bool unpipelined = convention_ == FoldConvention::kScaleSim;
  earliest = unpipelined ? std::max(earliest, busy_until_) : enter(true, earliest);

  const Cycle preload = std::max(earliest, filters_free_);
  const Cycle feed = std::max(earliest, inputs_free_);
  // The products of an output column end no sooner than the sums of the one before have left.
  const Cycle first = std::max({preload + cycles.preload, feed + cycles.first_feed, products_free_,
                                row_output_free_ - cycles.compute});
  timing.start = std::min(preload, feed);
  const Cycle last_pass = first + checked_product(timing.folds - 1, cycles.period());
  const Cycle last_column = last_pass + cycles.span();
  const bool one_pass = timing.folds == 1;
  timing.b_free = (one_pass ? preload : last_pass - cycles.period()) + cycles.preload;
  // The last output column stands alone in its run where all runs are that short.
  const bool alone = cycles.columns < 2 * cycles.runs;
  const Cycle last_feed = alone ? cycles.first_feed : cycles.next_feed;
  const Cycle last_step = alone ? cycles.first_step() : cycles.next_step();
  const Cycle column_before = cycles.columns > 1 ? last_column - last_step
                              : one_pass         ? feed
                                                 : last_pass - cycles.period();
  timing.a_free = column_before + last_feed;

  filters_free_ = last_pass;
  inputs_free_ = last_column;
  products_free_ = last_column + cycles.compute;
  row_output_free_ = products_free_ + cycles.drain;
  timing.done = row_output_free_ + array_.rows;
  timing.next_issue = unpipelined ? timing.done : filters_free_;
  account(timing);
  return timing;
}

TileTiming SystolicPipeline::issue_unpipelined(Cycle earliest, Dataflow dataflow,
                                               const TileShape& tile) {
  TileTiming timing;
  count_actions(array_, dataflow, tile, timing);
  timing.start = std::max(earliest, busy_until_);
  timing.busy_cycles = scale_sim_cycles(array_, dataflow, tile);
  timing.done = timing.start + timing.busy_cycles;
  timing.next_issue = timing.done;
  timing.a_free = timing.done;
  timing.b_free = timing.done;
  busy_until_ = timing.done;
  return timing;
}

void SystolicPipeline::pass(const SystolicLoopNest& nest) {
  const auto block = [&](std::int64_t outer_size) {
    repeat(nest.inner_blocks() - 1, [&] { fold(outer_size, nest.inner_step); });
    fold(outer_size, nest.last_inner());
  };
  repeat(nest.outer_blocks() - 1, [&] { block(nest.outer_step); });
  block(nest.last_outer());
}

void SystolicPipeline::fold(std::int64_t outer_size, std::int64_t inner_size) {
  const std::int64_t used_rows = rows_outside_ ? outer_size : inner_size;
  const std::int64_t used_cols = rows_outside_ ? inner_size : outer_size;
  if (sums_stay()) {
    output_stationary_fold(used_rows, used_cols);
  } else {
    stationary_fold(used_rows, used_cols);
  }
}

void SystolicPipeline::stationary_fold(std::int64_t depth, std::int64_t used_cols) {
  const Cycle preload = std::max(top_last_ + intervals_.top, shadow_free_);
  top_last_ = preload + (depth - 1) * intervals_.top;
  const Cycle stream = std::max({left_last_ + intervals_.left, top_last_ + 1, output_free_});
  left_last_ = stream + (streamed_ - 1) * std::max(intervals_.left, intervals_.accumulator);
  shadow_free_ = stream;
  output_free_ = left_last_ + intervals_.accumulator;
  done_ = std::max(done_, output_free_ + array_.rows + used_cols - 1);
}

void SystolicPipeline::output_stationary_fold(std::int64_t used_rows, std::int64_t used_cols) {
  const Cycle stream =
      std::max({left_last_ + intervals_.left, top_last_ + intervals_.top, sum_free_});
  left_last_ = stream + (streamed_ - 1) * std::max(intervals_.left, intervals_.top);
  top_last_ = left_last_;
  const Cycle capture = std::max(left_last_ + 1, output_free_);
  sum_free_ = capture;
  output_free_ = capture + used_rows * intervals_.accumulator;
  done_ = std::max(done_, output_free_ + array_.rows + used_cols - 1);
}

SystolicPipeline::Rhythm SystolicPipeline::rhythm() const {
  if (sums_stay()) {
    const Cycle stream =
        std::max({left_last_ + intervals_.left, top_last_ + intervals_.top, sum_free_});
    return {stream, std::max<Cycle>(0, output_free_ - stream)};
  }
  const Cycle stream = std::max(left_last_ + intervals_.left, output_free_);
  return {stream, std::max(top_last_ + intervals_.top, shadow_free_) - stream};
}

// A fold maps the state by maxima of sums, so that a state that is later by d in all it depends on
// gives a result that is later by d: once the lag repeats, each further repetition adds the same.
template <class Body>
void SystolicPipeline::repeat(std::int64_t count, Body body) {
  while (count > 0) {
    const Rhythm before = rhythm();
    const Cycle done_before = done_;
    done_ = 0;
    body();
    --count;
    const Cycle done_in_body = done_;
    const Rhythm after = rhythm();
    done_ = std::max(done_before, done_in_body);
    if (after.lag == before.lag) {
      const Cycle cycles = checked_product(count, after.time - before.time);
      shift(cycles);
      done_ = std::max(done_before, done_in_body + cycles);
      return;
    }
  }
}

void SystolicPipeline::shift(Cycle cycles) {
  left_last_ += cycles;
  top_last_ += cycles;
  shadow_free_ += cycles;
  sum_free_ += cycles;
  output_free_ += cycles;
}

// The first port to fetch is the one at the top (a preload), or either (os); both begin as late as
// their first vector needs them.
Cycle SystolicPipeline::first_fetch() const {
  if (sums_stay()) {
    return rhythm().time - std::max(intervals_.left, intervals_.top) + 1;
  }
  return std::max(top_last_ + intervals_.top, shadow_free_) - intervals_.top + 1;
}

}  // namespace orrery::timing
