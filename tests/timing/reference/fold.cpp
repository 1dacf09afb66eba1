// SPDX-License-Identifier: Apache-2.0
#include "tests/timing/reference/fold.h"

#include <algorithm>
#include <utility>

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
  const bool a_on_top = job->dataflow.a_on_top();
  if (!output_stationary()) {
    return a_on_top ? job->b.at(r, index) : job->a.at(index, r);
  }
  const auto [m, n, k, groups] = job->shape;
  const std::int64_t product = col_origin / (a_on_top ? m : n) * k + index;
  return a_on_top ? job->b.at(product, r) : job->a.at(r, product);
}

std::int64_t Fold::top_value(std::int64_t col, std::int64_t index) const {
  const std::int64_t c = col_origin + col;
  const auto [m, n, k, groups] = job->shape;
  const bool a_on_top = job->dataflow.a_on_top();
  const std::int64_t width = a_on_top ? m : n;
  const std::int64_t product =
      output_stationary() ? c / width * k + index : row_origin + rows - 1 - index;
  if (c / width != product / k) {
    return 0;  // beside the diagonal
  }
  return a_on_top ? job->a.at(c % m, product) : job->b.at(product, c % n);
}

std::int64_t Fold::top_elements(std::int64_t index) const {
  if (output_stationary()) {
    return cols;
  }
  const std::int64_t width = job->dataflow.a_on_top() ? job->shape.m : job->shape.n;
  const std::int64_t group = (row_origin + rows - 1 - index) / job->shape.k;
  std::int64_t count = 0;
  for (std::int64_t c = col_origin; c < col_origin + cols; ++c) {
    count += c / width == group ? 1 : 0;
  }
  return count;
}

std::int64_t& Fold::output(Matrix& product, std::int64_t col, std::int64_t index) const {
  const std::int64_t c = col_origin + col;
  const std::int64_t other = output_stationary() ? row_origin + index : index;
  const auto [m, n, k, groups] = job->shape;
  return job->dataflow.a_on_top() ? product.at(c % m, c / m * n + other) : product.at(other, c);
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
  for (std::size_t tile = 0; tile < jobs.size(); ++tile) {
    const TileJob& job = jobs[tile];
    const auto [m, n, k, groups] = job.shape;
    const bool a_on_top = job.dataflow.a_on_top();
    const std::int64_t width = a_on_top ? m : n;
    const std::int64_t other = a_on_top ? n : m;
    const bool sums_stay = job.dataflow.machine() == Dataflow::Machine::kSumsStay;
    const std::int64_t packed = sums_stay ? 1 : side_by_side(array, k, width, groups);
    for (std::int64_t g = 0; g < groups; g += packed) {
      const std::int64_t end = std::min(groups, g + packed);
      // Rows hold products of some groups, or the other side of one group's results.
      const std::int64_t row_begin = sums_stay ? 0 : g * k;
      const std::int64_t row_end = sums_stay ? other : end * k;
      std::vector<Fold> pass;
      for (std::int64_t row = row_begin; row < row_end; row += array.rows) {
        for (std::int64_t col = g * width; col < end * width; col += array.cols) {
          pass.push_back({tile, &job, row, col, std::min(array.rows, row_end - row),
                          std::min(array.cols, end * width - col), sums_stay ? k : other});
        }
      }
      if (job.dataflow.loop(0).placement == LoopPlacement::kColumns) {
        std::sort(pass.begin(), pass.end(), [](const Fold& left, const Fold& right) {
          return std::pair(left.col_origin, left.row_origin) <
                 std::pair(right.col_origin, right.row_origin);
        });
      }
      folds.insert(folds.end(), pass.begin(), pass.end());
    }
  }
  return folds;
}

}  // namespace orrery::timing::reference
