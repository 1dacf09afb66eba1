// SPDX-License-Identifier: Apache-2.0
#include "workload/matrix_shapes.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::workload {

using Shape = std::vector<std::int64_t>;

ImageShape image_shape(const Shape& shape) {
  base::require_invariant(shape.size() == 3 || shape.size() == 4, "an image has 3 or 4 dimensions");
  return shape.size() == 3 ? ImageShape{shape[0], 1, shape[1], shape[2]}
                           : ImageShape{shape[0], shape[1], shape[2], shape[3]};
}

std::int64_t TransposedAxis::products() const {
  std::int64_t count = 0;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    // 0 <= i * stride + shift < output
    const std::int64_t shift = tap * dilation - padding;
    const std::int64_t first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const std::int64_t end = shift >= output ? 0 : (output - shift + stride - 1) / stride;
    count += std::max<std::int64_t>(0, std::min(end, input) - first);
  }
  return count;
}

std::optional<ProductShape> product_shape(const Shape& a, const Shape& b,
                                          const MatrixMultiplication& attributes) {
  if (a.size() < (attributes.transposed_a ? 2 : 1) || b.size() < 2) {
    return std::nullopt;
  }
  ProductShape result;
  const std::int64_t a_outer = a.size() == 1 ? 1 : a[a.size() - 2];
  result.m = attributes.transposed_a ? a.back() : a_outer;
  result.k = attributes.transposed_a ? a_outer : a.back();
  result.n = attributes.transposed_b ? b[b.size() - 2] : b.back();
  if (result.k != (attributes.transposed_b ? b.back() : b[b.size() - 2])) {
    return std::nullopt;
  }
  const std::size_t a_rank = a.size() < 2 ? 0 : a.size() - 2;
  const std::size_t b_rank = b.size() - 2;
  const std::size_t rank = std::max(a_rank, b_rank);
  result.batches.resize(rank);
  std::int64_t a_step = 1;
  std::int64_t b_step = 1;
  for (std::size_t i = 0; i < rank; ++i) {  // innermost first
    const std::int64_t a_size = i < a_rank ? a[a_rank - 1 - i] : 1;
    const std::int64_t b_size = i < b_rank ? b[b_rank - 1 - i] : 1;
    if (a_size != b_size && a_size != 1 && b_size != 1) {
      return std::nullopt;
    }
    result.batches[rank - 1 - i] = {std::max(a_size, b_size), a_size == 1 ? 0 : a_step,
                                    b_size == 1 ? 0 : b_step};
    a_step *= a_size;
    b_step *= b_size;
  }
  return result;
}

}  // namespace orrery::workload
