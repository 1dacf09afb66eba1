// SPDX-License-Identifier: Apache-2.0
#include "timing/step_array.h"

#include <algorithm>

#include "base/error.h"
#include "base/integer.h"
#include "timing/systolic_loop_nest.h"

namespace orrery::timing {
namespace {

using base::divide_up;

// How the loops of a product run under the order of an array.
struct StepLoops {
  StepLoops(const StepArrayShape& array, const TileShape& tile, const StepCosts& costs) {
    const bool a_held = array.held == HeldOperand::kA;
    const std::int64_t m = divide_up(tile.m, array.step.m);
    const std::int64_t n = divide_up(tile.n, array.step.n);
    outer = a_held ? m : n;
    inner = a_held ? n : m;
    full = std::min(inner, array.sum_blocks);
    passes = divide_up(inner, array.sum_blocks);
    last = inner - (passes - 1) * array.sum_blocks;
    const std::int64_t blocks = divide_up(tile.k, array.step.k);
    group_blocks = costs.group == 0 ? blocks : std::min(blocks, costs.group / array.step.k);
    groups = divide_up(blocks, group_blocks);
    last_group_blocks = blocks - (groups - 1) * group_blocks;
  }

  std::int64_t outer = 1;              // blocks of the held operand's rows or columns
  std::int64_t inner = 1;              // blocks of the other's
  std::int64_t passes = 1;             // for each outer block
  std::int64_t full = 1;               // blocks of sums in a pass
  std::int64_t last = 1;               // in the last pass
  std::int64_t groups = 1;             // of k, in each pass
  std::int64_t group_blocks = 1;       // steps of k in a group
  std::int64_t last_group_blocks = 1;  // in the last one
};

void require_sizes(const StepShape& step, const TileShape& tile) {
  base::require_invariant(step.m >= 1 && step.n >= 1 && step.k >= 1 && tile.m >= 1 && tile.n >= 1 &&
                              tile.k >= 1 && tile.groups >= 1,
                          "a step and a tile have no empty side", "step array");
}

void require_costs(const StepArrayShape& array, const StepCosts& costs) {
  base::require_invariant(costs.compute >= 1 && costs.a >= 1 && costs.b >= 1 && costs.result >= 1 &&
                              costs.dequantization >= 0,
                          "a step takes at least one cycle everywhere", "step array");
  base::require_invariant(costs.group >= 0 && costs.group % array.step.k == 0,
                          "a group is a multiple of the step", "step array");
}

void count_actions(const StepArrayShape& array, const TileShape& tile, const StepCosts& costs,
                   TileTiming& timing) {
  const StepLoops loops(array, tile, costs);
  const auto times_groups = [&](std::int64_t count) { return checked_product(count, tile.groups); };
  const std::int64_t a = times_groups(checked_product(tile.m, tile.k));
  const std::int64_t b = times_groups(checked_product(tile.k, tile.n));
  const bool a_held = array.held == HeldOperand::kA;
  timing.folds = step_count(array.step, tile);
  timing.partial_sums_written = times_groups(checked_product(tile.m, tile.n));
  timing.macs_useful = checked_product(timing.partial_sums_written, tile.k);
  timing.macs_executed = checked_product(
      timing.folds, checked_product(checked_product(array.step.m, array.step.n), array.step.k));
  timing.a_elements_read = checked_product(a, a_held ? loops.passes : loops.outer);
  timing.b_elements_read = checked_product(b, a_held ? loops.outer : loops.passes);
}

}  // namespace

Cycle port_cycles(std::int64_t bits, std::int64_t width) {
  base::require_invariant(bits >= 1 && width >= 0,
                          "a block has at least one bit and a port no negative width");
  return width == 0 ? 1 : divide_up(bits, checked_product(width, 8));
}

std::int64_t step_count(const StepShape& step, const TileShape& tile) {
  require_sizes(step, tile);
  const std::int64_t blocks = checked_product(divide_up(tile.m, step.m), divide_up(tile.n, step.n));
  return checked_product(checked_product(blocks, divide_up(tile.k, step.k)), tile.groups);
}

Cycle step_array_period(const StepArrayShape& array, const TileShape& tile,
                        const StepCosts& costs) {
  require_sizes(array.step, tile);
  require_costs(array, costs);
  const StepLoops loops(array, tile, costs);
  const bool a_held = array.held == HeldOperand::kA;
  const Cycle interval = std::max(costs.compute, a_held ? costs.b : costs.a);
  const auto steps = [&](std::int64_t width, std::int64_t blocks) {
    return checked_product(blocks,
                           std::max(checked_product(width, interval), a_held ? costs.a : costs.b));
  };
  const std::int64_t first = loops.groups > 1 ? loops.group_blocks : loops.last_group_blocks;
  // The output stage works on a group while the steps of the next one run: those of this pass, then
  // the first of a pass of `next` blocks of sums.
  const auto pass = [&](std::int64_t width, std::int64_t next) {
    const Cycle dequantization = checked_product(width, costs.dequantization);
    const Cycle results = dequantization + checked_product(width, costs.result);
    const Cycle behind_last = std::max(steps(next, first), results);
    if (loops.groups == 1) {
      return behind_last;
    }
    const Cycle full = std::max(steps(width, loops.group_blocks), dequantization);
    return checked_product(loops.groups - 2, full) +
           std::max(steps(width, loops.last_group_blocks), dequantization) + behind_last;
  };
  Cycle row = pass(loops.last, loops.passes > 1 ? loops.full : loops.last);
  if (loops.passes > 1) {
    row += checked_product(loops.passes - 2, pass(loops.full, loops.full)) +
           pass(loops.full, loops.last);
  }
  return checked_product(checked_product(loops.outer, row), tile.groups);
}

StepArray::StepArray(const StepArrayShape& shape) : shape_(shape) {
  require_sizes(shape.step, {});
  base::require_invariant(shape.sum_blocks >= 1 && shape.latency >= 0,
                          "an array keeps at least one block of sums", "step array");
}

TileTiming StepArray::issue(Cycle earliest, const TileShape& tile, const StepCosts& costs) {
  require_sizes(shape_.step, tile);
  require_costs(shape_, costs);
  TileTiming timing;
  count_actions(shape_, tile, costs, timing);
  // No step takes longer than this, so that no sum below overflows.
  const Cycle longest =
      costs.compute + costs.a + costs.b + costs.result + costs.dequantization + shape_.latency;
  const Cycle bound = checked_product(timing.folds + 1, longest);
  base::require_invariant(
      earliest >= 0 && earliest <= kLargestCount - bound && busy_until_ <= kLargestCount - bound,
      "the time of a tile is in [0, 2^62]", "step array");

  tile_ = tile;
  costs_ = costs;
  const bool a_held = shape_.held == HeldOperand::kA;
  held_cycles_ = a_held ? costs.a : costs.b;
  moving_cycles_ = a_held ? costs.b : costs.a;
  state_.held_free = std::max(state_.held_free, earliest);
  state_.moving_free = std::max(state_.moving_free, earliest);
  timing.start = std::min(state_.held_free, state_.moving_free);

  repeat(tile.groups, [&] { product(); });

  const Cycle held_read = held_fetch_ + held_cycles_;
  const Cycle moving_read = moving_fetch_ + moving_cycles_;
  timing.a_free = a_held ? held_read : moving_read;
  timing.b_free = a_held ? moving_read : held_read;
  timing.next_issue = std::min(state_.held_free, state_.moving_free);
  timing.done = state_.output_free + shape_.latency;
  timing.busy_cycles = std::max<Cycle>(0, timing.done - std::max(timing.start, busy_until_));
  busy_until_ = std::max(busy_until_, timing.done);
  return timing;
}

void StepArray::product() {
  const StepLoops loops(shape_, tile_, costs_);
  repeat(loops.outer, [&] {
    repeat(loops.passes - 1, [&] { pass(loops.full); });
    pass(loops.last);
  });
}

void StepArray::pass(std::int64_t width) {
  const StepLoops loops(shape_, tile_, costs_);
  repeat(loops.groups - 1, [&] { group(width, loops.group_blocks, false); });
  group(width, loops.last_group_blocks, true);
}

void StepArray::group(std::int64_t width, std::int64_t blocks, bool ends_pass) {
  const Cycle interval = std::max(costs_.compute, moving_cycles_);
  const Cycle block = std::max(width * interval, held_cycles_);
  const Cycle first = std::max({state_.unit_free, state_.moving_free + moving_cycles_,
                                state_.held_free + held_cycles_, state_.sums_free});
  const Cycle last_block = first + (blocks - 1) * block;
  const Cycle last_step = last_block + (width - 1) * interval;

  held_fetch_ = blocks == 1 ? state_.held_free : last_block - block;
  const Cycle step_before = width > 1     ? last_step - interval
                            : blocks == 1 ? state_.moving_free
                                          : last_block - block;
  moving_fetch_ = step_before;
  state_.held_free = last_block;
  state_.moving_free = last_step;
  state_.unit_free = last_step + costs_.compute;
  state_.sums_free = std::max(state_.unit_free, state_.output_free);
  state_.output_free =
      state_.sums_free + width * costs_.dequantization + (ends_pass ? width * costs_.result : 0);
}

StepArray::State StepArray::rhythm() const {
  const Cycle time = state_.moving_free;
  return {state_.held_free - time, 0, state_.unit_free - time, state_.sums_free - time,
          state_.output_free - time};
}

// A group maps the state by maxima of sums, so that a state that is later by d gives a result that
// is later by d: once the distances repeat, each further repetition adds the same.
template <class Body>
void StepArray::repeat(std::int64_t count, Body body) {
  while (count > 0) {
    const State before = rhythm();
    const Cycle time = state_.moving_free;
    body();
    --count;
    if (rhythm() == before) {
      shift(checked_product(count, state_.moving_free - time));
      return;
    }
  }
}

void StepArray::shift(Cycle cycles) {
  for (Cycle* const moment :
       {&state_.held_free, &state_.moving_free, &state_.unit_free, &state_.sums_free,
        &state_.output_free, &held_fetch_, &moving_fetch_}) {
    *moment += cycles;
  }
}

}  // namespace orrery::timing
