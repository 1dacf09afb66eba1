// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "timing/row_stationary.h"

namespace orrery::timing::reference {

// [begin, begin + size)
struct Span {
  std::int64_t begin = 0;
  std::int64_t size = 0;
};

// A row-stationary tile with numbers. Inputs: [image][group][channel][row][column] of all positions
// that some output and tap meet at or between; filters: [group][feature][channel][row][column].
struct RowJob {
  Cycle earliest = 0;
  RowStationaryTile tile;
  std::int64_t features = 1;  // that a PE interleaves
  std::int64_t channels = 1;
  std::int64_t filter_columns = 1;
  OperandBits bits;
  PortWidths widths;
  std::vector<std::int64_t> inputs;
  std::vector<std::int64_t> filters;

  [[nodiscard]] std::int64_t height() const;
  [[nodiscard]] std::int64_t width() const;
  [[nodiscard]] std::int64_t groups() const { return tile.shape.groups; }
  // image, group, channel, row, column
  using Position = std::array<std::int64_t, 5>;
  [[nodiscard]] std::int64_t input(const Position& position) const;
  // group, feature, channel, row, column
  [[nodiscard]] std::int64_t filter(const Position& position) const;
  // Where the sum of (image, group, feature, output row, output column) stands among all.
  [[nodiscard]] std::size_t sum_index(const Position& position) const;
  [[nodiscard]] std::vector<std::int64_t> naive_sums() const;
};

// A rectangle of the array that convolves some channels and features of one image and group.
struct RowSet {
  std::int64_t row = 0;     // of the array, first
  std::int64_t column = 0;  // of the array, first
  std::int64_t level = 0;   // of the results in their columns
  std::int64_t image = 0;
  std::int64_t group = 0;
  Span features, channels, output_rows, filter_rows, filter_columns;
};

// One filling of the array.
struct RowPass {
  std::vector<RowSet> sets;

  // What the ports fetch: filters of the pass, inputs of an output column, each once.
  [[nodiscard]] std::set<RowJob::Position> filters() const;
  [[nodiscard]] std::set<RowJob::Position> inputs(const RowJob& job, std::int64_t output) const;
};

// All passes of a job, with loops over everything.
[[nodiscard]] std::vector<RowPass> passes_of(const ArrayShape& array, const RowJob& job);

// Output columns in the order of a pass: those that share inputs follow each other. True where a
// column shares none with the one before it.
struct ColumnStep {
  std::int64_t output = 0;
  bool is_first = false;
};
[[nodiscard]] std::vector<ColumnStep> column_order(const ConvolutionWindow& window);

}  // namespace orrery::timing::reference
