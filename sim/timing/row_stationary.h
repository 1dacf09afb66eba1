// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "timing/convolution_window.h"
#include "timing/systolic_types.h"

namespace orrery::timing {

// Elements that a PE holds for the row-stationary dataflow. Each file is there twice: one is used
// while the other is filled (inputs, filters) or emptied (partial sums).
struct RegisterFiles {
  std::int64_t inputs = 12;
  std::int64_t filters = 224;
  std::int64_t partial_sums = 24;
};

// k is filter rows * filter columns * channels, m images * output rows * output columns.
struct RowStationaryTile {
  TileShape shape;
  ConvolutionWindow window;

  [[nodiscard]] std::int64_t channels() const {
    return shape.k / (window.filter_rows * window.filter_columns);
  }
};

// How a tile is cut into passes of the array, and each pass into sets; "Row stationary" in
// docs/components/systolic_array.md. A set convolves, for some features and channels, the inputs of
// one image and group: filter rows over its rows, output rows over its columns.
struct RowStationaryFolds {
  // What one PE interleaves.
  std::int64_t features = 1;
  std::int64_t channels = 1;
  std::int64_t filter_columns = 1;
  // One set.
  std::int64_t filter_rows = 1;
  std::int64_t output_rows = 1;
  // One pass: sets of different channels whose sums run into each other; blocks of features beside
  // them; pairs of image and group.
  std::int64_t stacked = 1;
  std::int64_t feature_sets = 1;
  std::int64_t pairs = 1;
  // These, `stacked` of them for each result: so many stand side by side, so many one above the
  // other.
  std::int64_t sets_beside = 1;
  std::int64_t sets_above = 1;

  // Passes over each dimension.
  std::int64_t pair_folds = 1;
  std::int64_t feature_folds = 1;
  std::int64_t channel_folds = 1;
  std::int64_t output_row_folds = 1;
  std::int64_t filter_row_folds = 1;
  std::int64_t filter_column_folds = 1;

  [[nodiscard]] std::int64_t passes() const {
    return pair_folds * feature_folds * channel_folds * output_row_folds * filter_row_folds *
           filter_column_folds;
  }
};

// The cycles of a pass, those of the widest one for all of them.
struct RowStationaryCycles {
  Cycle preload = 1;         // of the filters of a pass
  Cycle first_feed = 1;      // of the inputs of an output column that shares none with the last one
  Cycle next_feed = 1;       // and of one that does
  Cycle compute = 1;         // of an output column: products of a PE
  Cycle drain = 1;           // of an output column: sums of a column of the array
  std::int64_t columns = 1;  // output columns
  std::int64_t runs = 1;     // of them that share no inputs with each other

  // From the start of an output column to that of the next one, by what that one feeds.
  [[nodiscard]] Cycle first_step() const;
  [[nodiscard]] Cycle next_step() const;
  // From the start of the first output column of a pass to that of the last one, and from pass to
  // pass.
  [[nodiscard]] Cycle span() const;
  [[nodiscard]] Cycle period() const;
};

struct RowStationaryPlan {
  RowStationaryFolds folds;
  RowStationaryCycles cycles;
};

// The folds with so many features and channels in a PE. InternalError where a size is below 1, the
// window does not fit the shape, or the files do not hold what is interleaved.
[[nodiscard]] RowStationaryFolds row_stationary_folds(const ArrayShape& array,
                                                      const RegisterFiles& files,
                                                      const RowStationaryTile& tile,
                                                      std::int64_t features, std::int64_t channels);

// Their cycles: filters enter through the port at the top, inputs through the one on the left.
[[nodiscard]] RowStationaryCycles row_stationary_cycles(const RowStationaryTile& tile,
                                                        const RowStationaryFolds& folds,
                                                        const OperandBits& bits,
                                                        const PortWidths& widths);

// The features and channels that a PE interleaves so that all passes together take the fewest
// cycles: the best of 1 to 8, 12, 16, 24, ... and the most that the files hold, each evened out
// over its folds; among equals the one with the least traffic. Errors as above.
[[nodiscard]] RowStationaryPlan plan_row_stationary(const ArrayShape& array,
                                                    const RegisterFiles& files,
                                                    const RowStationaryTile& tile,
                                                    const OperandBits& bits,
                                                    const PortWidths& widths);

// Fills folds and the counts of work of `timing`. InternalError where one is above 2^62.
void count_row_stationary_actions(const ArrayShape& array, const RowStationaryTile& tile,
                                  const RowStationaryPlan& plan, TileTiming& timing);

}  // namespace orrery::timing
