// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "workload/graph.h"

namespace orrery::workload {

// An image [N, H, W, C], or [N, L, C] as an image of height 1.
struct ImageShape {
  std::int64_t images = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;
  std::int64_t channels = 1;
};

// Of three or four dimensions.
[[nodiscard]] ImageShape image_shape(const std::vector<std::int64_t>& shape);

// One dimension of a transposed convolution: input position i and tap t meet output position
// i * stride + t * dilation - padding, if it lies in [0, output).
struct TransposedAxis {
  std::int64_t input = 1;
  std::int64_t output = 1;
  std::int64_t taps = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t padding = 0;  // before the first position

  // Pairs of input position and tap that meet an output position.
  [[nodiscard]] std::int64_t products() const;
};

// The matrices of a product: for each position of the batch dimensions, outermost first, an m x k
// one times a k x n one.
struct ProductShape {
  struct Batch {
    std::int64_t count = 1;
    // From one matrix of the operand to the next along this dimension, in matrices; 0 where the
    // operand is broadcast.
    std::int64_t a_step = 0;
    std::int64_t b_step = 0;
  };
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::vector<Batch> batches;
};

// nullopt where an operand has too few dimensions, the inner sizes differ, or the leading
// dimensions cannot be broadcast.
[[nodiscard]] std::optional<ProductShape> product_shape(const std::vector<std::int64_t>& a,
                                                        const std::vector<std::int64_t>& b,
                                                        const MatrixMultiplication& attributes);

}  // namespace orrery::workload
