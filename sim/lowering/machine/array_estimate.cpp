// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/array_estimate.h"

#include <algorithm>

#include "base/integer.h"
#include "timing/systolic_loop_nest.h"
#include "timing/systolic_timing.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

// A tile as the sides of the array see it: `columns` runs along the columns, `others` does not.
struct Sides {
  Sides(timing::Dataflow dataflow, const TileSize& tile, numeric::ElementType a,
        numeric::ElementType b)
      : columns(dataflow.a_on_top() ? tile.m : tile.n),
        others(dataflow.a_on_top() ? tile.n : tile.m),
        products(tile.k),
        top(dataflow.a_on_top() ? a : b),
        left(dataflow.a_on_top() ? b : a) {}

  std::int64_t columns;
  std::int64_t others;
  std::int64_t products;
  numeric::ElementType top;
  numeric::ElementType left;
};

// Cycles that a port needs for one vector of `elements`.
std::int64_t interval(std::int64_t elements, numeric::ElementType type, std::int64_t port_bytes) {
  const base::Rational bits = numeric::bits_per_element(type);
  return divide_up(elements * bits.numerator(), 8 * port_bytes * bits.denominator());
}

std::int64_t stationary_cycles(const Machine::Array& array, const Sides& tile) {
  const std::int64_t top =
      interval(std::min(tile.columns, array.columns), tile.top, array.stationary_port_bytes);
  const std::int64_t left =
      interval(std::min(tile.products, array.rows), tile.left, array.stream_port_bytes);
  const std::int64_t blocks = divide_up(tile.products, array.rows);
  const std::int64_t last = tile.products - (blocks - 1) * array.rows;
  const std::int64_t full = std::max(tile.others * left, array.rows * top);
  return divide_up(tile.columns, array.columns) *
         ((blocks - 1) * full + std::max(tile.others * left, last * top));
}

std::int64_t output_stationary_cycles(const Machine::Array& array, const Sides& tile) {
  const std::int64_t feed = std::max(
      interval(std::min(tile.others, array.rows), tile.left, array.stream_port_bytes),
      interval(std::min(tile.columns, array.columns), tile.top, array.stationary_port_bytes));
  const std::int64_t blocks = divide_up(tile.others, array.rows);
  const std::int64_t last = tile.others - (blocks - 1) * array.rows;
  return divide_up(tile.columns, array.columns) *
         ((blocks - 1) * std::max(tile.products * feed, array.rows) +
          std::max(tile.products * feed, last));
}

// Passes of several groups on the diagonal: a fold each.
std::int64_t packed_cycles(const Machine::Array& array, const Sides& tile,
                           const timing::GroupPasses& passes) {
  const std::int64_t top = interval(tile.columns, tile.top, array.stationary_port_bytes);
  const std::int64_t left =
      interval(passes.packed * tile.products, tile.left, array.stream_port_bytes);
  const auto pass = [&](std::int64_t groups) {
    return std::max(tile.others * left, groups * tile.products * top);
  };
  return (passes.count - 1) * pass(passes.packed) + pass(passes.last_packed);
}

std::int64_t row_stationary_cycles(const Machine::Array& array, const TileSize& tile,
                                   numeric::ElementType a, numeric::ElementType b) {
  timing::RowStationaryTile rows{{tile.m, tile.n, tile.k, tile.groups}, tile.window};
  const timing::ConvolutionWindow& window = rows.window;
  if (window.images * window.output_rows * window.output_columns != tile.m) {
    rows.window = {};
    rows.window.output_columns = tile.m;
  }
  const timing::RowStationaryPlan plan =
      timing::plan_row_stationary({array.rows, array.columns}, array.registers, rows,
                                  {numeric::bits_per_element(a), numeric::bits_per_element(b), 32},
                                  {array.stream_port_bytes, array.stationary_port_bytes, 0});
  return plan.folds.passes() * plan.cycles.period();
}

}  // namespace

std::int64_t array_cycles(const Machine::Array& array, timing::Dataflow dataflow,
                          const TileSize& tile, numeric::ElementType a, numeric::ElementType b) {
  const timing::TileShape all{tile.m, tile.n, tile.k, tile.groups};
  if (array.steps) {
    return timing::step_array_period(array.steps->shape, all, array.steps->costs(all, a, b));
  }
  const timing::ArrayShape shape{array.rows, array.columns};
  if (dataflow.machine() == timing::Dataflow::Machine::kRowsStay) {
    return row_stationary_cycles(array, tile, a, b);
  }
  if (!array.folds_overlap) {
    return timing::scale_sim_cycles(shape, dataflow, all);
  }
  const Sides sides(dataflow, tile, a, b);
  const timing::GroupPasses passes = timing::group_passes(shape, dataflow, all);
  if (passes.packed > 1) {
    return packed_cycles(array, sides, passes);
  }
  const bool sums_stay = dataflow.machine() == timing::Dataflow::Machine::kSumsStay;
  return passes.count *
         (sums_stay ? output_stationary_cycles(array, sides) : stationary_cycles(array, sides));
}

std::int64_t array_drain_cycles(const Machine::Array& array) {
  if (array.steps) {
    // A block of sums leaves, scaled, behind the pipeline.
    const timing::StepArrayModel& steps = *array.steps;
    const timing::StepShape& step = steps.shape.step;
    return steps.shape.latency +
           steps.shape.sum_blocks *
               (steps.dequantization +
                timing::port_cycles(step.m * step.n * timing::kStepSumBytes * 8,
                                    steps.ports.result));
  }
  return array.folds_overlap ? array.rows + array.columns : 0;
}

}  // namespace orrery::lowering
