// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "lowering/tiling/window.h"
#include "numeric/element_type.h"
#include "timing/convolution_window.h"
#include "timing/dataflow.h"

namespace orrery::lowering {

using numeric::ElementType;

// A tensor as the choice of tiles sees it.
struct StreamedTensor {
  ElementType type = ElementType::kFp16;
  std::uint16_t tier = 0;
  auto operator<=>(const StreamedTensor&) const = default;
};

// Which positions of one dimension of a tensor the positions of a problem are: position i of the
// problem is position first + i * step of `size`.
struct AxisMap {
  std::int64_t size = 0;  // 0: as many as the problem has, in their order
  std::int64_t first = 0;
  std::int64_t step = 1;
  auto operator<=>(const AxisMap&) const = default;

  [[nodiscard]] std::int64_t size_of(std::int64_t count) const { return size == 0 ? count : size; }
  [[nodiscard]] std::int64_t at(std::int64_t i) const { return first + i * step; }
};

// How the operands of independent products lie in their tensors.
enum class GroupLayout : std::uint8_t {
  kInterleaved,  // side by side in every row: the groups of a convolution
  kStacked,      // one matrix after the other: the batch of a product
};

// A batch dimension whose positions are computed one after the other: from one to the next, the
// matrices of a and of b are so many further; c has them in order.
struct BatchLoop {
  std::int64_t count = 1;
  std::int64_t a_step = 0;
  std::int64_t b_step = 0;
  auto operator<=>(const BatchLoop&) const = default;
};

// c[m, n] = sum over k of a[m, k] * b[k, n] (+ bias[n], + stages) with m = (image, oh, ow), n the
// output features and k = (kh, kw, channel): a convolution as implicit matrix product. A matrix
// product is the convolution of one image of height 1 and width M with a 1x1 kernel. There are
// `groups` such products for each position of the batch loops, independent of each other; a tile
// may hold several groups. Channels and features are those of one group.
struct MatrixProblem {
  std::int64_t images = 1;
  WindowAxis height;
  WindowAxis width;
  std::int64_t channels = 1;
  std::int64_t features = 1;
  bool transposed_a = false;  // a is stored [k, m]; 1x1 kernels only
  bool transposed_b = false;  // b is stored [n, k]; 1x1 kernels only
  std::int64_t groups = 1;
  GroupLayout layout = GroupLayout::kStacked;
  bool shared_a = false;  // stacked groups have one a (b) for all of them
  bool shared_b = false;
  std::vector<BatchLoop> batches;  // outermost first; stacked groups only
  bool packing = true;             // several groups on the array at a time
  AxisMap kernel_height;           // of the taps, in b
  AxisMap kernel_width;
  AxisMap result_height;  // of the outputs, in c and the operands of fused stages
  AxisMap result_width;
  bool padding_counts = true;  // as useful work
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
  // Of the look-up tables that are made of a's tiles, each time anew; none: a goes to the array as
  // it is.
  std::optional<ElementType> table;

  auto operator<=>(const MatrixProblem&) const = default;

  [[nodiscard]] bool interleaved() const { return layout == GroupLayout::kInterleaved; }
  [[nodiscard]] std::int64_t batch_count() const;
  // Matrices (rows, where groups are interleaved) of an operand begin at whole bytes, groups within
  // a row may not: blocks of groups have to be multiples of this.
  [[nodiscard]] std::int64_t group_granule() const;
  // Bytes of one row of a block of so many groups with so many elements each, and bits from one
  // group to the next in it.
  [[nodiscard]] std::int64_t packed_row_bytes(ElementType type, std::int64_t groups_in_row,
                                              std::int64_t elements) const;
  [[nodiscard]] std::int64_t packed_group_bits(ElementType type, std::int64_t elements) const;

  // What a tile of these sizes is to a row-stationary array; as by default under other dataflows.
  [[nodiscard]] timing::ConvolutionWindow window(std::int64_t tile_images, std::int64_t tile_rows,
                                                 std::int64_t tile_columns, std::int64_t taps_h,
                                                 std::int64_t taps_w) const;

  // What the array reads as a.
  [[nodiscard]] ElementType array_a_type() const { return table.value_or(a.type); }
  [[nodiscard]] std::int64_t m() const { return images * height.output * width.output; }
  [[nodiscard]] std::int64_t k() const { return height.taps * width.taps * channels; }
};

// What the features (channels, output columns) of tiles must be a multiple of, so that parts of
// rows are whole blocks and begin at whole bytes.
[[nodiscard]] std::int64_t feature_granule(const MatrixProblem& problem);
[[nodiscard]] std::int64_t channel_granule(const MatrixProblem& problem);
[[nodiscard]] std::int64_t column_granule(const MatrixProblem& problem);

// Groups of a tile: [groups.begin, groups.begin + groups.count) of the batch loops' position
// `batch`.
struct GroupBlock {
  std::int64_t batch = 0;
  AxisRange groups;
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
