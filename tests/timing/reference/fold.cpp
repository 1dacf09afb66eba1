// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/fold.h"

#include <algorithm>

namespace orrery::timing::reference {

Matrix naive_product(const Matrix& a, const Matrix& b) {
  Matrix product(a.rows, b.cols);
  for (std::int64_t m = 0; m < a.rows; ++m) {
    for (std::int64_t n = 0; n < b.cols; ++n) {
      for (std::int64_t k = 0; k < a.cols; ++k) {
        product.at(m, n) += a.at(m, k) * b.at(k, n);
      }
    }
  }
  return product;
}

std::int64_t Fold::left_value(std::int64_t row, std::int64_t index) const {
  const std::int64_t r = row_origin + row;
  switch (job->dataflow) {
    case Dataflow::kOutputStationary:
      return job->a.at(r, index);
    case Dataflow::kWeightStationary:
      return job->a.at(index, r);
    case Dataflow::kInputStationary:
      return job->b.at(r, index);
  }
  return 0;
}

std::int64_t Fold::top_value(std::int64_t col, std::int64_t index) const {
  const std::int64_t c = col_origin + col;
  const std::int64_t weight_row = row_origin + rows - 1 - index;
  switch (job->dataflow) {
    case Dataflow::kOutputStationary:
      return job->b.at(index, c);
    case Dataflow::kWeightStationary:
      return job->b.at(weight_row, c);
    case Dataflow::kInputStationary:
      return job->a.at(c, weight_row);
  }
  return 0;
}

std::int64_t& Fold::output(Matrix& product, std::int64_t col, std::int64_t index) const {
  const std::int64_t c = col_origin + col;
  switch (job->dataflow) {
    case Dataflow::kOutputStationary:
      return product.at(row_origin + index, c);
    case Dataflow::kWeightStationary:
      return product.at(index, c);
    case Dataflow::kInputStationary:
      break;
  }
  return product.at(c, index);
}

std::vector<Fold> list_folds(const ArrayShape& array, const std::vector<TileJob>& jobs) {
  std::vector<Fold> folds;
  const std::int64_t rows = array.rows;
  const std::int64_t cols = array.cols;
  for (std::size_t tile = 0; tile < jobs.size(); ++tile) {
    const TileJob& job = jobs[tile];
    const auto [m, n, k] = job.shape;
    const auto add = [&](std::int64_t row, std::int64_t row_end, std::int64_t col,
                         std::int64_t col_end, std::int64_t length) {
      folds.push_back({tile, &job, row, col, std::min(rows, row_end - row),
                       std::min(cols, col_end - col), length});
    };
    switch (job.dataflow) {
      case Dataflow::kOutputStationary:
        for (std::int64_t m0 = 0; m0 < m; m0 += rows) {
          for (std::int64_t n0 = 0; n0 < n; n0 += cols) {
            add(m0, m, n0, n, k);
          }
        }
        break;
      case Dataflow::kWeightStationary:
        for (std::int64_t n0 = 0; n0 < n; n0 += cols) {
          for (std::int64_t k0 = 0; k0 < k; k0 += rows) {
            add(k0, k, n0, n, m);
          }
        }
        break;
      case Dataflow::kInputStationary:
        for (std::int64_t m0 = 0; m0 < m; m0 += cols) {
          for (std::int64_t k0 = 0; k0 < k; k0 += rows) {
            add(k0, k, m0, m, n);
          }
        }
        break;
    }
  }
  return folds;
}

}  // namespace orrery::timing::reference
