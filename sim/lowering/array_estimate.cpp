// SPDX-License-Identifier: Apache-2.0
#include "lowering/array_estimate.h"

#include <algorithm>

#include "base/error.h"
#include "base/integer.h"
#include "timing/systolic_loop_nest.h"

namespace orrery::lowering {
namespace {

using timing::Dataflow;

using base::divide_up;

// Cycles that a port needs for one vector of `elements`.
std::int64_t interval(std::int64_t elements, numeric::ElementType type, std::int64_t port_bytes) {
  return divide_up(numeric::row_bytes(type, elements), port_bytes);
}

// Folds: `outer` in steps of the columns, `inner` in steps of the rows, `streamed` vectors each.
std::int64_t stationary_cycles(const Machine::Array& array, std::int64_t outer, std::int64_t inner,
                               std::int64_t streamed, numeric::ElementType stationary_type,
                               numeric::ElementType streamed_type) {
  const std::int64_t top =
      interval(std::min(outer, array.columns), stationary_type, array.stationary_port_bytes);
  const std::int64_t left =
      interval(std::min(inner, array.rows), streamed_type, array.stream_port_bytes);
  const std::int64_t blocks = divide_up(inner, array.rows);
  const std::int64_t last = inner - (blocks - 1) * array.rows;
  const std::int64_t full = std::max(streamed * left, array.rows * top);
  return divide_up(outer, array.columns) *
         ((blocks - 1) * full + std::max(streamed * left, last * top));
}

std::int64_t output_stationary_cycles(const Machine::Array& array, const TileSize& tile,
                                      numeric::ElementType a, numeric::ElementType b) {
  const std::int64_t feed =
      std::max(interval(std::min(tile.m, array.rows), a, array.stream_port_bytes),
               interval(std::min(tile.n, array.columns), b, array.stationary_port_bytes));
  const std::int64_t blocks = divide_up(tile.m, array.rows);
  const std::int64_t last = tile.m - (blocks - 1) * array.rows;
  return divide_up(tile.n, array.columns) *
         ((blocks - 1) * std::max(tile.k * feed, array.rows) + std::max(tile.k * feed, last));
}

std::int64_t scale_sim_cycles(const Machine::Array& array, Dataflow dataflow,
                              const TileSize& tile) {
  const std::int64_t diagonal = array.rows + array.columns - 2;
  switch (dataflow) {
    case Dataflow::kOutputStationary:
      return divide_up(tile.m, array.rows) * divide_up(tile.n, array.columns) * (tile.k + diagonal);
    case Dataflow::kWeightStationary:
      return divide_up(tile.k, array.rows) * divide_up(tile.n, array.columns) *
             (tile.m + array.rows + diagonal);
    case Dataflow::kInputStationary:
      return divide_up(tile.k, array.rows) * divide_up(tile.m, array.columns) *
             (tile.n + array.rows + diagonal);
  }
  throw base::InternalError("known dataflow", "estimate");
}

}  // namespace

namespace {

// Passes of several groups on the diagonal: a fold each.
std::int64_t packed_cycles(const Machine::Array& array, Dataflow dataflow, const TileSize& tile,
                           const timing::GroupPasses& passes, numeric::ElementType a,
                           numeric::ElementType b) {
  const bool inputs_stay = dataflow == Dataflow::kInputStationary;
  const std::int64_t top =
      interval(inputs_stay ? tile.m : tile.n, inputs_stay ? a : b, array.stationary_port_bytes);
  const std::int64_t left =
      interval(passes.packed * tile.k, inputs_stay ? b : a, array.stream_port_bytes);
  const auto pass = [&](std::int64_t groups) {
    return std::max((inputs_stay ? tile.n : tile.m) * left, groups * tile.k * top);
  };
  return (passes.count - 1) * pass(passes.packed) + pass(passes.last_packed);
}

}  // namespace

std::int64_t array_cycles(const Machine::Array& array, Dataflow dataflow, const TileSize& tile,
                          numeric::ElementType a, numeric::ElementType b) {
  if (tile.groups > 1) {
    const timing::GroupPasses passes = timing::group_passes({array.rows, array.columns}, dataflow,
                                                            {tile.m, tile.n, tile.k, tile.groups});
    if (passes.packed > 1 && array.folds_overlap) {
      return packed_cycles(array, dataflow, tile, passes, a, b);
    }
    return passes.count * array_cycles(array, dataflow, {tile.m, tile.n, tile.k}, a, b);
  }
  if (!array.folds_overlap) {
    return scale_sim_cycles(array, dataflow, tile);
  }
  switch (dataflow) {
    case Dataflow::kOutputStationary:
      return output_stationary_cycles(array, tile, a, b);
    case Dataflow::kWeightStationary:
      return stationary_cycles(array, tile.n, tile.k, tile.m, b, a);
    case Dataflow::kInputStationary:
      return stationary_cycles(array, tile.m, tile.k, tile.n, a, b);
  }
  throw base::InternalError("known dataflow", "estimate");
}

std::int64_t array_drain_cycles(const Machine::Array& array) {
  return array.folds_overlap ? array.rows + array.columns : 0;
}

}  // namespace orrery::lowering
