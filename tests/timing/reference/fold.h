// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "timing/systolic_types.h"

namespace orrery::timing::reference {

// Row-major.
struct Matrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<std::int64_t> values;

  Matrix() = default;
  Matrix(std::int64_t row_count, std::int64_t col_count)
      : rows(row_count), cols(col_count), values(static_cast<std::size_t>(row_count * col_count)) {}

  [[nodiscard]] std::int64_t& at(std::int64_t row, std::int64_t col) {
    return values[static_cast<std::size_t>(row * cols + col)];
  }
  [[nodiscard]] std::int64_t at(std::int64_t row, std::int64_t col) const {
    return values[static_cast<std::size_t>(row * cols + col)];
  }
  bool operator==(const Matrix&) const = default;
};

// Groups of columns of a (m x (groups k)) times groups of rows of b ((groups k) x n), by the
// definition: m x (groups n).
[[nodiscard]] Matrix naive_product(const Matrix& a, const Matrix& b, std::int64_t groups);

// One tile command with its numbers; operands as above.
struct TileJob {
  Dataflow dataflow = Dataflow::kWeightStationary;
  TileShape shape;
  FeedIntervals intervals;
  Cycle earliest = 0;
  Matrix a;
  Matrix b;
};

// The part of a tile that is in the array at once: rows x cols processing elements are used, and
// `length` vectors stream through them.
struct Fold {
  std::size_t tile = 0;
  const TileJob* job = nullptr;
  std::int64_t row_origin = 0;  // of m (os) or all groups' k (ws, is)
  std::int64_t col_origin = 0;  // of all groups' n (os, ws) or m (is)
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t length = 0;

  [[nodiscard]] bool output_stationary() const {
    return job->dataflow.machine() == Dataflow::Machine::kSumsStay;
  }
  // Vectors that enter at the top: weight rows, or as many as stream (os).
  [[nodiscard]] std::int64_t top_length() const { return output_stationary() ? length : rows; }
  // What row `row` gets with vector `index` of the stream.
  [[nodiscard]] std::int64_t left_value(std::int64_t row, std::int64_t index) const;
  // What column `col` gets with top vector `index`; weight rows come last row first.
  [[nodiscard]] std::int64_t top_value(std::int64_t col, std::int64_t index) const;
  // The elements of top vector `index` that are not zeros beside the diagonal.
  [[nodiscard]] std::int64_t top_elements(std::int64_t index) const;
  // The element of the product that column `col` delivers; `index` is the stream vector (ws, is) or
  // the row of the array (os).
  [[nodiscard]] std::int64_t& output(Matrix& product, std::int64_t col, std::int64_t index) const;
};

// The folds of all jobs in the documented order. The jobs must outlive them.
[[nodiscard]] std::vector<Fold> list_folds(const ArrayShape& array,
                                           const std::vector<TileJob>& jobs);

}  // namespace orrery::timing::reference
