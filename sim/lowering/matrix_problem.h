// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "lowering/window.h"
#include "numeric/element_type.h"
#include "timing/dataflow.h"

namespace orrery::lowering {

using numeric::ElementType;

// A tensor as the choice of tiles sees it.
struct StreamedTensor {
  ElementType type = ElementType::kFp16;
  std::uint16_t tier = 0;
  auto operator<=>(const StreamedTensor&) const = default;
};

// c[m, n] = sum over k of a[m, k] * b[k, n] (+ bias[n], + stages) with m = (image, oh, ow), n the
// output features and k = (kh, kw, channel): a convolution as implicit matrix product. A matrix
// product is the convolution of one image of height 1 and width M with a 1x1 kernel.
struct MatrixProblem {
  std::int64_t images = 1;
  WindowAxis height;
  WindowAxis width;
  std::int64_t channels = 1;
  std::int64_t features = 1;
  bool transposed_b = false;  // b is stored [n, k]; 1x1 kernels only
  StreamedTensor a;
  StreamedTensor b;
  StreamedTensor c;
  std::vector<StreamedTensor> bias;      // none or one
  std::vector<StreamedTensor> operands;  // of fused stages, of c's shape
  // Work of the write-out on each element, as timing::PassWork counts it.
  int simple = 1;
  int exponentials = 0;
  int divides = 0;
  timing::Dataflow dataflow = timing::Dataflow::kWeightStationary;

  auto operator<=>(const MatrixProblem&) const = default;

  [[nodiscard]] std::int64_t m() const { return images * height.output * width.output; }
  [[nodiscard]] std::int64_t k() const { return height.taps * width.taps * channels; }
};

// Output positions of a tile.
struct OutputBlock {
  AxisRange images;
  AxisRange rows;
  AxisRange columns;
  [[nodiscard]] std::int64_t positions() const { return images.count * rows.count * columns.count; }
};

// Products of a tile: all taps or one, and some channels.
struct ReductionBlock {
  AxisRange taps_h;
  AxisRange taps_w;
  AxisRange channels;
  [[nodiscard]] std::int64_t products() const {
    return taps_h.count * taps_w.count * channels.count;
  }
};

}  // namespace orrery::lowering
