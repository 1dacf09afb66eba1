// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/row_passes.h"

#include <algorithm>

namespace orrery::timing::reference {
namespace {

std::vector<Span> blocks(std::int64_t whole, std::int64_t step) {
  std::vector<Span> result;
  for (std::int64_t begin = 0; begin < whole; begin += step) {
    result.push_back({begin, std::min(step, whole - begin)});
  }
  return result;
}

std::vector<std::vector<Span>> in_chunks(const std::vector<Span>& all, std::int64_t size) {
  std::vector<std::vector<Span>> result;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % static_cast<std::size_t>(size) == 0) {
      result.emplace_back();
    }
    result.back().push_back(all[i]);
  }
  return result;
}

}  // namespace

std::int64_t RowJob::height() const {
  const ConvolutionWindow& w = tile.window;
  return (w.output_rows - 1) * w.stride_h + (w.filter_rows - 1) * w.dilation_h + 1;
}

std::int64_t RowJob::width() const {
  const ConvolutionWindow& w = tile.window;
  return (w.output_columns - 1) * w.stride_w + (w.filter_columns - 1) * w.dilation_w + 1;
}

std::int64_t RowJob::input(const Position& p) const {
  const std::int64_t index =
      (((p[0] * groups() + p[1]) * tile.channels() + p[2]) * height() + p[3]) * width() + p[4];
  return inputs.at(static_cast<std::size_t>(index));
}

std::int64_t RowJob::filter(const Position& p) const {
  const std::int64_t index =
      (((p[0] * tile.shape.n + p[1]) * tile.channels() + p[2]) * tile.window.filter_rows + p[3]) *
          tile.window.filter_columns +
      p[4];
  return filters.at(static_cast<std::size_t>(index));
}

std::size_t RowJob::sum_index(const Position& p) const {
  return static_cast<std::size_t>(
      (((p[0] * groups() + p[1]) * tile.shape.n + p[2]) * tile.window.output_rows + p[3]) *
          tile.window.output_columns +
      p[4]);
}

std::vector<std::int64_t> RowJob::naive_sums() const {
  const ConvolutionWindow& w = tile.window;
  std::vector<std::int64_t> sums(static_cast<std::size_t>(tile.shape.m * tile.shape.n * groups()),
                                 0);
  Position at{};
  for (at[0] = 0; at[0] < w.images; ++at[0]) {
    for (at[1] = 0; at[1] < groups(); ++at[1]) {
      for (at[2] = 0; at[2] < tile.shape.n; ++at[2]) {
        for (at[3] = 0; at[3] < w.output_rows; ++at[3]) {
          for (at[4] = 0; at[4] < w.output_columns; ++at[4]) {
            std::int64_t& sum = sums[sum_index(at)];
            for (std::int64_t c = 0; c < tile.channels(); ++c) {
              for (std::int64_t r = 0; r < w.filter_rows; ++r) {
                for (std::int64_t s = 0; s < w.filter_columns; ++s) {
                  sum += input({at[0], at[1], c, at[3] * w.stride_h + r * w.dilation_h,
                                at[4] * w.stride_w + s * w.dilation_w}) *
                         filter({at[1], at[2], c, r, s});
                }
              }
            }
          }
        }
      }
    }
  }
  return sums;
}

std::set<RowJob::Position> RowPass::filters() const {
  std::set<RowJob::Position> result;
  for (const RowSet& set : sets) {
    for (std::int64_t f = 0; f < set.features.size; ++f) {
      for (std::int64_t c = 0; c < set.channels.size; ++c) {
        for (std::int64_t r = 0; r < set.filter_rows.size; ++r) {
          for (std::int64_t s = 0; s < set.filter_columns.size; ++s) {
            result.insert({set.group, set.features.begin + f, set.channels.begin + c,
                           set.filter_rows.begin + r, set.filter_columns.begin + s});
          }
        }
      }
    }
  }
  return result;
}

std::set<RowJob::Position> RowPass::inputs(const RowJob& job, std::int64_t output) const {
  const ConvolutionWindow& w = job.tile.window;
  std::set<RowJob::Position> result;
  for (const RowSet& set : sets) {
    for (std::int64_t c = 0; c < set.channels.size; ++c) {
      for (std::int64_t e = 0; e < set.output_rows.size; ++e) {
        for (std::int64_t r = 0; r < set.filter_rows.size; ++r) {
          for (std::int64_t s = 0; s < set.filter_columns.size; ++s) {
            result.insert({set.image, set.group, set.channels.begin + c,
                           (set.output_rows.begin + e) * w.stride_h +
                               (set.filter_rows.begin + r) * w.dilation_h,
                           output * w.stride_w + (set.filter_columns.begin + s) * w.dilation_w});
          }
        }
      }
    }
  }
  return result;
}

std::vector<RowPass> passes_of(const ArrayShape& array, const RowJob& job) {
  const ConvolutionWindow& w = job.tile.window;
  const auto filter_rows = blocks(w.filter_rows, std::min(w.filter_rows, array.rows));
  const auto output_rows = blocks(w.output_rows, std::min(w.output_rows, array.cols));
  const auto filter_columns = blocks(w.filter_columns, job.filter_columns);
  const auto channels = blocks(job.tile.channels(), job.channels);
  const auto features = blocks(job.tile.shape.n, job.features);
  const auto pairs = blocks(w.images * job.groups(), 1);
  const std::int64_t above = array.rows / filter_rows[0].size;
  const std::int64_t beside = array.cols / output_rows[0].size;
  // Channels are stacked first, then features fill what is left, then images and groups.
  const auto size = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  const std::int64_t stacked = std::min(above, size(channels));
  const std::int64_t places = above / stacked * beside;
  const std::int64_t feature_sets = std::min(places, size(features));
  const std::int64_t pair_sets = std::min(places / feature_sets, size(pairs));
  std::vector<RowPass> result;
  for (const auto& some_pairs : in_chunks(pairs, pair_sets)) {
    for (const auto& some_features : in_chunks(features, feature_sets)) {
      for (const auto& some_channels : in_chunks(channels, stacked)) {
        for (const Span& outputs : output_rows) {
          for (const Span& taps_h : filter_rows) {
            for (const Span& taps_w : filter_columns) {
              RowPass& pass = result.emplace_back();
              std::int64_t place = 0;
              for (const Span& pair : some_pairs) {
                for (const Span& feature : some_features) {
                  for (std::size_t c = 0; c < some_channels.size(); ++c) {
                    const std::int64_t level = place / beside;
                    RowSet set;
                    set.row =
                        (level * stacked + static_cast<std::int64_t>(c)) * filter_rows[0].size;
                    set.column = place % beside * output_rows[0].size;
                    set.level = level;
                    set.image = pair.begin / job.groups();
                    set.group = pair.begin % job.groups();
                    set.features = feature;
                    set.channels = some_channels[c];
                    set.output_rows = outputs;
                    set.filter_rows = taps_h;
                    set.filter_columns = taps_w;
                    pass.sets.push_back(set);
                  }
                  ++place;
                }
              }
            }
          }
        }
      }
    }
  }
  return result;
}

std::vector<ColumnStep> column_order(const ConvolutionWindow& window) {
  // Outputs share inputs where their distance times the stride is a multiple of the dilation.
  std::int64_t distance = 1;
  while (distance * window.stride_w % window.dilation_w != 0) {
    ++distance;
  }
  std::vector<ColumnStep> order;
  for (std::int64_t first = 0; first < std::min(distance, window.output_columns); ++first) {
    for (std::int64_t output = first; output < window.output_columns; output += distance) {
      order.push_back({output, output == first});
    }
  }
  return order;
}

}  // namespace orrery::timing::reference
