// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace orrery::timing {

// What the rows m and products k of a tile are of a convolution: m counts (image, output row,
// output column), k counts (filter row, filter column, channel), the last one fastest. Output o and
// filter tap t of an axis meet at the input position o * stride + t * dilation. All at least 1. A
// matrix product is one image of one row of m outputs with a 1x1 filter.
struct ConvolutionWindow {
  std::int64_t images = 1;
  std::int64_t output_rows = 1;
  std::int64_t output_columns = 1;
  std::int64_t filter_rows = 1;
  std::int64_t filter_columns = 1;
  std::int64_t stride_h = 1;
  std::int64_t stride_w = 1;
  std::int64_t dilation_h = 1;
  std::int64_t dilation_w = 1;

  auto operator<=>(const ConvolutionWindow&) const = default;
};

// Input positions that so many outputs need for so many taps of an axis, each counted once:
//   outputs * taps - max(outputs - d / g, 0) * max(taps - s / g, 0),   g = gcd(s, d)
// since output o and tap t meet where o + d / g and t - s / g do.
[[nodiscard]] std::int64_t distinct_positions(std::int64_t outputs, std::int64_t taps,
                                              std::int64_t stride, std::int64_t dilation);

}  // namespace orrery::timing
