// SPDX-License-Identifier: Apache-2.0
#include "timing/row_stationary.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "base/integer.h"
#include "timing/systolic_loop_nest.h"

namespace orrery::timing {
namespace {

using base::divide_up;

void require_tile(const ArrayShape& array, const RegisterFiles& files,
                  const RowStationaryTile& tile) {
  const TileShape& shape = tile.shape;
  const ConvolutionWindow& window = tile.window;
  base::require_invariant(array.rows >= 1 && array.cols >= 1,
                          "a systolic array has at least one row and one column");
  base::require_invariant(files.inputs >= 1 && files.filters >= 1 && files.partial_sums >= 1,
                          "a register file has at least one entry");
  base::require_invariant(shape.m >= 1 && shape.n >= 1 && shape.k >= 1 && shape.groups >= 1,
                          "a tile holds at least one element in each dimension");
  base::require_invariant(
      window.images >= 1 && window.output_rows >= 1 && window.output_columns >= 1 &&
          window.filter_rows >= 1 && window.filter_columns >= 1 && window.stride_h >= 1 &&
          window.stride_w >= 1 && window.dilation_h >= 1 && window.dilation_w >= 1,
      "a window has at least one element in each dimension");
  base::require_invariant(
      checked_product(window.images, checked_product(window.output_rows, window.output_columns)) ==
              shape.m &&
          shape.k % checked_product(window.filter_rows, window.filter_columns) == 0,
      "the window of a tile has its rows and products");
}

std::int64_t most_filter_columns(const RegisterFiles& files, const RowStationaryTile& tile) {
  return std::min({tile.window.filter_columns, files.inputs, files.filters});
}

// Sums over the folds of `whole` by `step` what f(size of the fold) gives.
template <class Function>
std::int64_t sum_over_folds(std::int64_t whole, std::int64_t step, Function f) {
  const std::int64_t full = whole / step;
  const std::int64_t rest = whole % step;
  return (full > 0 ? checked_product(full, f(step)) : 0) + (rest > 0 ? f(rest) : 0);
}

// 1 to 8, 12, 16, 24, ... up to `most` and that itself, evened out over the blocks of `whole`.
std::vector<std::int64_t> interleavings(std::int64_t whole, std::int64_t most) {
  std::vector<std::int64_t> result;
  const auto add = [&](std::int64_t size) {
    const std::int64_t even = divide_up(whole, divide_up(whole, std::min(size, most)));
    if (std::find(result.begin(), result.end(), even) == result.end()) {
      result.push_back(even);
    }
  };
  constexpr std::int64_t kAll = 8;
  for (std::int64_t size = 1; size <= std::min(most, kAll); ++size) {
    add(size);
  }
  for (std::int64_t size = kAll; size <= most; size *= 2) {
    add(size);
    add(size / 2 * 3);
  }
  add(most);
  return result;
}

Cycle port_cycles(std::int64_t elements, const base::Rational& bits, std::int64_t width) {
  return width == 0 ? 1
                    : divide_up(checked_product(elements, bits.numerator()),
                                checked_product(width, 8 * bits.denominator()));
}

std::int64_t inputs_read(const RowStationaryTile& tile, const RowStationaryFolds& folds) {
  const ConvolutionWindow& w = tile.window;
  const auto rows = sum_over_folds(w.output_rows, folds.output_rows, [&](std::int64_t outputs) {
    return sum_over_folds(w.filter_rows, folds.filter_rows, [&](std::int64_t taps) {
      return distinct_positions(outputs, taps, w.stride_h, w.dilation_h);
    });
  });
  const auto columns =
      sum_over_folds(w.filter_columns, folds.filter_columns, [&](std::int64_t taps) {
        return distinct_positions(w.output_columns, taps, w.stride_w, w.dilation_w);
      });
  const std::int64_t images = checked_product(checked_product(w.images, tile.shape.groups),
                                              checked_product(tile.channels(), rows));
  return checked_product(images, checked_product(columns, folds.feature_folds));
}

std::int64_t filters_read(const RowStationaryTile& tile, const RowStationaryFolds& folds) {
  const std::int64_t pairs = checked_product(tile.window.images, tile.shape.groups);
  // Images of one group share its filters.
  const auto groups = sum_over_folds(pairs, folds.pairs, [&](std::int64_t in_pass) {
    return std::min(in_pass, tile.shape.groups);
  });
  return checked_product(checked_product(checked_product(tile.shape.n, tile.shape.k), groups),
                         folds.output_row_folds);
}

// Every pass over other channels or taps adds to all sums.
std::int64_t sums_written(const RowStationaryTile& tile, const RowStationaryFolds& folds) {
  const std::int64_t sums =
      checked_product(checked_product(tile.shape.m, tile.shape.n), tile.shape.groups);
  return checked_product(sums, checked_product(folds.channel_folds,
                                               folds.filter_row_folds * folds.filter_column_folds));
}

}  // namespace

std::int64_t distinct_positions(std::int64_t outputs, std::int64_t taps, std::int64_t stride,
                                std::int64_t dilation) {
  const std::int64_t common = std::gcd(stride, dilation);
  return checked_product(outputs, taps) -
         checked_product(std::max<std::int64_t>(outputs - dilation / common, 0),
                         std::max<std::int64_t>(taps - stride / common, 0));
}

Cycle RowStationaryCycles::first_step() const {
  return std::max({compute, drain, first_feed});
}

Cycle RowStationaryCycles::next_step() const {
  return std::max({compute, drain, next_feed});
}

Cycle RowStationaryCycles::span() const {
  return checked_product(runs - 1, first_step()) + checked_product(columns - runs, next_step());
}

Cycle RowStationaryCycles::period() const {
  return std::max(span() + first_step(), preload);
}

RowStationaryFolds row_stationary_folds(const ArrayShape& array, const RegisterFiles& files,
                                        const RowStationaryTile& tile, std::int64_t features,
                                        std::int64_t channels) {
  require_tile(array, files, tile);
  const ConvolutionWindow& window = tile.window;
  RowStationaryFolds folds;
  folds.features = features;
  folds.channels = channels;
  folds.filter_columns = most_filter_columns(files, tile);
  base::require_invariant(
      features >= 1 && channels >= 1 && features <= files.partial_sums &&
          channels * folds.filter_columns <= files.inputs &&
          checked_product(features, channels * folds.filter_columns) <= files.filters,
      "a PE interleaves what its register files hold");
  folds.filter_rows = std::min(window.filter_rows, array.rows);
  folds.output_rows = std::min(window.output_rows, array.cols);
  const std::int64_t above = array.rows / folds.filter_rows;
  const std::int64_t beside = array.cols / folds.output_rows;
  const std::int64_t channel_blocks = divide_up(tile.channels(), channels);
  const std::int64_t feature_blocks = divide_up(tile.shape.n, features);
  const std::int64_t pairs = checked_product(window.images, tile.shape.groups);
  folds.stacked = std::min(above, channel_blocks);
  const std::int64_t places = above / folds.stacked * beside;
  folds.feature_sets = std::min(places, feature_blocks);
  folds.pairs = std::min(places / folds.feature_sets, pairs);
  folds.sets_beside = std::min(folds.feature_sets * folds.pairs, beside);
  folds.sets_above = divide_up(folds.feature_sets * folds.pairs, beside);

  folds.pair_folds = divide_up(pairs, folds.pairs);
  folds.feature_folds = divide_up(feature_blocks, folds.feature_sets);
  folds.channel_folds = divide_up(channel_blocks, folds.stacked);
  folds.output_row_folds = divide_up(window.output_rows, folds.output_rows);
  folds.filter_row_folds = divide_up(window.filter_rows, folds.filter_rows);
  folds.filter_column_folds = divide_up(window.filter_columns, folds.filter_columns);
  return folds;
}

RowStationaryCycles row_stationary_cycles(const RowStationaryTile& tile,
                                          const RowStationaryFolds& folds, const OperandBits& bits,
                                          const PortWidths& widths) {
  base::require_invariant(bits.a >= 1 && bits.b >= 1 && bits.accumulator >= 1 && widths.left >= 0 &&
                              widths.top >= 0 && widths.accumulator >= 0,
                          "an element has at least one bit and a port no negative width");
  const ConvolutionWindow& window = tile.window;
  const std::int64_t channels = std::min(folds.stacked * folds.channels, tile.channels());
  const std::int64_t features = std::min(folds.feature_sets * folds.features, tile.shape.n);
  const std::int64_t taps = folds.filter_rows * folds.filter_columns;
  const std::int64_t common = std::gcd(window.stride_w, window.dilation_w);
  RowStationaryCycles cycles;
  cycles.columns = window.output_columns;
  cycles.runs = std::min(window.output_columns, window.dilation_w / common);
  const std::int64_t filters =
      checked_product(checked_product(features, std::min(folds.pairs, tile.shape.groups)),
                      checked_product(channels, taps));
  cycles.preload = port_cycles(filters, bits.b, widths.top);
  const std::int64_t column = checked_product(
      checked_product(folds.pairs, channels),
      distinct_positions(folds.output_rows, folds.filter_rows, window.stride_h, window.dilation_h));
  const std::int64_t next = std::min(folds.filter_columns, window.stride_w / common);
  cycles.first_feed =
      port_cycles(checked_product(column, folds.filter_columns), bits.a, widths.left);
  cycles.next_feed = port_cycles(checked_product(column, next), bits.a, widths.left);
  cycles.compute = folds.features * folds.channels * folds.filter_columns;
  // Each column of the array has a read-modify-write port of its own.
  const Cycle accumulator =
      port_cycles(folds.output_rows * folds.sets_beside, bits.accumulator, widths.accumulator);
  cycles.drain = folds.sets_above * folds.features * accumulator;
  return cycles;
}

RowStationaryPlan plan_row_stationary(const ArrayShape& array, const RegisterFiles& files,
                                      const RowStationaryTile& tile, const OperandBits& bits,
                                      const PortWidths& widths) {
  require_tile(array, files, tile);
  const std::int64_t taps = most_filter_columns(files, tile);
  std::optional<RowStationaryPlan> best;
  std::tuple<Cycle, std::int64_t, std::int64_t> best_rank;
  const std::int64_t most_channels =
      std::min({tile.channels(), files.inputs / taps, files.filters / taps});
  for (const std::int64_t channels : interleavings(tile.channels(), most_channels)) {
    const std::int64_t most_features =
        std::min({tile.shape.n, files.partial_sums, files.filters / (taps * channels)});
    for (const std::int64_t features : interleavings(tile.shape.n, most_features)) {
      RowStationaryPlan plan;
      plan.folds = row_stationary_folds(array, files, tile, features, channels);
      plan.cycles = row_stationary_cycles(tile, plan.folds, bits, widths);
      const std::tuple rank(checked_product(plan.folds.passes(), plan.cycles.period()),
                            inputs_read(tile, plan.folds) + filters_read(tile, plan.folds) +
                                sums_written(tile, plan.folds),
                            features * channels);
      if (!best || rank < best_rank) {
        best = plan;
        best_rank = rank;
      }
    }
  }
  return *best;
}

void count_row_stationary_actions(const ArrayShape& array, const RowStationaryTile& tile,
                                  const RowStationaryPlan& plan, TileTiming& timing) {
  const TileShape& shape = tile.shape;
  const RowStationaryFolds& folds = plan.folds;
  timing.folds = folds.passes();
  const std::int64_t sums = checked_product(checked_product(shape.m, shape.n), shape.groups);
  timing.macs_useful = checked_product(sums, shape.k);
  timing.macs_executed = checked_product(
      checked_product(array.rows, array.cols),
      checked_product(checked_product(timing.folds, plan.cycles.columns), plan.cycles.compute));
  timing.a_elements_read = inputs_read(tile, folds);
  timing.b_elements_read = filters_read(tile, folds);
  timing.partial_sums_written = sums_written(tile, folds);
  timing.partial_sums_read = timing.partial_sums_written - sums;
}

}  // namespace orrery::timing
