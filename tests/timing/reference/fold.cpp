// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/fold.h"

#include <algorithm>

namespace orrery::timing::reference {

Matrix naive_product(const Matrix& a, const Matrix& b, std::int64_t groups) {
  const std::int64_t k_size = a.cols / groups;
  Matrix product(a.rows, groups * b.cols);
  for (std::int64_t m = 0; m < a.rows; ++m) {
    for (std::int64_t n = 0; n < product.cols; ++n) {
      const std::int64_t group = n / b.cols;
      for (std::int64_t k = group * k_size; k < (group + 1) * k_size; ++k) {
        product.at(m, n) += a.at(m, k) * b.at(k, n % b.cols);
      }
    }
  }
  return product;
}

std::int64_t Fold::left_value(std::int64_t row, std::int64_t index) const {
  const std::int64_t r = row_origin + row;
  switch (job->dataflow) {
    case Dataflow::kOutputStationary:
      return job->a.at(r, col_origin / job->shape.n * job->shape.k + index);
    case Dataflow::kWeightStationary:
      return job->a.at(index, r);
    case Dataflow::kInputStationary:
      return job->b.at(r, index);
  }
  return 0;
}

std::int64_t Fold::top_value(std::int64_t col, std::int64_t index) const {
  const std::int64_t c = col_origin + col;
  const auto [m, n, k, groups] = job->shape;
  const std::int64_t weight_row = row_origin + rows - 1 - index;
  switch (job->dataflow) {
    case Dataflow::kOutputStationary:
      return job->b.at(c / n * k + index, c % n);
    case Dataflow::kWeightStationary:
      return c / n == weight_row / k ? job->b.at(weight_row, c % n) : 0;
    case Dataflow::kInputStationary:
      return c / m == weight_row / k ? job->a.at(c % m, weight_row) : 0;
  }
  return 0;
}

std::int64_t Fold::top_elements(std::int64_t index) const {
  if (output_stationary()) {
    return cols;
  }
  const std::int64_t width =
      job->dataflow == Dataflow::kWeightStationary ? job->shape.n : job->shape.m;
  const std::int64_t group = (row_origin + rows - 1 - index) / job->shape.k;
  std::int64_t count = 0;
  for (std::int64_t c = col_origin; c < col_origin + cols; ++c) {
    count += c / width == group ? 1 : 0;
  }
  return count;
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
  const auto [m, n, k, groups] = job->shape;
  return product.at(c % m, c / m * n + index);
}

namespace {

// Groups whose stationary operands fit on the diagonal together.
std::int64_t side_by_side(const ArrayShape& array, std::int64_t depth, std::int64_t width,
                          std::int64_t groups) {
  std::int64_t count = 1;
  while (count < groups && (count + 1) * depth <= array.rows && (count + 1) * width <= array.cols) {
    ++count;
  }
  return count;
}

}  // namespace

std::vector<Fold> list_folds(const ArrayShape& array, const std::vector<TileJob>& jobs) {
  std::vector<Fold> folds;
  const std::int64_t rows = array.rows;
  const std::int64_t cols = array.cols;
  for (std::size_t tile = 0; tile < jobs.size(); ++tile) {
    const TileJob& job = jobs[tile];
    const auto [m, n, k, groups] = job.shape;
    const auto add = [&](std::int64_t row, std::int64_t row_end, std::int64_t col,
                         std::int64_t col_end, std::int64_t length) {
      folds.push_back({tile, &job, row, col, std::min(rows, row_end - row),
                       std::min(cols, col_end - col), length});
    };
    switch (job.dataflow) {
      case Dataflow::kOutputStationary:
        for (std::int64_t g = 0; g < groups; ++g) {
          for (std::int64_t m0 = 0; m0 < m; m0 += rows) {
            for (std::int64_t n0 = g * n; n0 < (g + 1) * n; n0 += cols) {
              add(m0, m, n0, (g + 1) * n, k);
            }
          }
        }
        break;
      case Dataflow::kWeightStationary:
      case Dataflow::kInputStationary: {
        const bool inputs_stay = job.dataflow == Dataflow::kInputStationary;
        const std::int64_t width = inputs_stay ? m : n;
        const std::int64_t packed = side_by_side(array, k, width, groups);
        for (std::int64_t g = 0; g < groups; g += packed) {
          const std::int64_t end = std::min(groups, g + packed);
          for (std::int64_t c0 = g * width; c0 < end * width; c0 += cols) {
            for (std::int64_t k0 = g * k; k0 < end * k; k0 += rows) {
              add(k0, end * k, c0, end * width, inputs_stay ? n : m);
            }
          }
        }
        break;
      }
    }
  }
  return folds;
}

}  // namespace orrery::timing::reference
