// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/matrix_moves.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "command/view.h"

namespace orrery::lowering {
namespace {

using command::Digit;
using command::View;
using numeric::ElementType;
using workload::TensorId;

// The lowest of the positions of some, whichever way they go.
std::int64_t lowest(const AxisMap& map, const AxisRange& range) {
  return std::min(map.at(range.begin), map.at(range.begin + range.count - 1));
}

// The view with its digits, in the scratchpad; unused digits left out.
View simplified(View view, ElementType type, std::int64_t base) {
  view.space = Emitter::scratchpad();
  view.type = type;
  view.base = base;
  command::simplify(view);
  return view;
}

// A view of the scratchpad with the strides of its digits in bits.
View digits_view(ElementType type, std::int64_t base, std::initializer_list<Digit> row,
                 std::initializer_list<Digit> column) {
  View view;
  view.row.assign(row.begin(), row.end());
  view.column.assign(column.begin(), column.end());
  return simplified(std::move(view), type, base);
}

}  // namespace

// The number of a batch's position is split into the positions of its loops, the last one fastest.
std::int64_t MatrixMoves::first_matrix(const GroupBlock& groups, std::int64_t BatchLoop::* step,
                                       bool shared) const {
  std::int64_t rest = groups.batch;
  std::int64_t matrix = shared ? 0 : groups.groups.begin;
  for (std::size_t i = problem_.batches.size(); i-- > 0;) {
    const BatchLoop& loop = problem_.batches[i];
    matrix += rest % loop.count * (loop.*step);
    rest /= loop.count;
  }
  return matrix;
}

std::int64_t MatrixMoves::a_matrix(const GroupBlock& groups) const {
  return first_matrix(groups, &BatchLoop::a_step, problem_.shared_a);
}

std::int64_t MatrixMoves::b_matrix(const GroupBlock& groups) const {
  return first_matrix(groups, &BatchLoop::b_step, problem_.shared_b);
}

ImagePatch MatrixMoves::patch(const MatrixBlock& block) const {
  const AxisRange& groups = block.groups.groups;
  AxisRange images = block.outputs.images;
  AxisRange channels = block.reduction.channels;
  if (problem_.interleaved()) {
    channels.begin += groups.begin * problem_.channels;
    channels.count += (groups.count - 1) * problem_.channels;
  } else {
    images.begin += a_matrix(block.groups);
    images.count *= problem_.shared_a ? 1 : groups.count;
  }
  return {image_,
          images,
          block.outputs.rows,
          block.outputs.columns,
          block.reduction.taps_h,
          block.reduction.taps_w,
          channels};
}

void MatrixMoves::load_a(Emitter& emitter, const MatrixBlock& block, std::int64_t buffer) const {
  if (!problem_.transposed_a) {
    patch(block).load(emitter, buffer);
    return;
  }
  const ElementType type = problem_.a.type;
  const AxisRange& columns = block.outputs.columns;
  const AxisRange& channels = block.reduction.channels;
  const std::int64_t row = numeric::row_bytes(type, problem_.width.output);
  TensorMove move;
  move.tensor = image_.tensor;
  move.buffer = buffer;
  move.row_bytes = numeric::row_bytes(type, columns.count);
  move.count = {problem_.shared_a ? 1 : block.groups.groups.count, 1, channels.count};
  move.tensor_stride = {problem_.channels * row, 0, row};
  move.buffer_stride = {channels.count * move.row_bytes, 0, move.row_bytes};
  move.tensor_offset = (a_matrix(block.groups) * problem_.channels + channels.begin) * row +
                       columns.begin * numeric::bits(type) / 8;
  emitter.load(move);
}

TensorMove MatrixMoves::b_move(const MatrixBlock& block, TensorId tensor,
                               std::int64_t buffer) const {
  const ElementType type = problem_.b.type;
  const AxisRange& groups = block.groups.groups;
  const AxisRange& channels = block.reduction.channels;
  const std::int64_t matrices = problem_.shared_b ? 1 : groups.count;
  TensorMove move;
  move.tensor = tensor;
  move.buffer = buffer;
  if (problem_.transposed_b) {
    const std::int64_t row = numeric::row_bytes(type, problem_.channels);
    move.row_bytes = numeric::row_bytes(type, channels.count);
    move.count = {matrices, 1, block.features.count};
    move.tensor_stride = {problem_.features * row, 0, row};
    move.buffer_stride = {block.features.count * move.row_bytes, 0, move.row_bytes};
    move.tensor_offset = (b_matrix(block.groups) * problem_.features + block.features.begin) * row +
                         numeric::bit_offset(type, channels.begin) / 8;
    return move;
  }
  AxisRange features = block.features;
  std::int64_t row = numeric::row_bytes(type, problem_.features);
  std::int64_t matrix = 0;
  if (problem_.interleaved()) {
    row = numeric::row_bytes(type, problem_.groups * problem_.features);
    features.begin += groups.begin * problem_.features;
    features.count += (groups.count - 1) * problem_.features;
  } else {
    matrix = b_matrix(block.groups) * problem_.k() * row;
  }
  const AxisRange& taps_h = block.reduction.taps_h;
  const AxisRange& taps_w = block.reduction.taps_w;
  const std::int64_t tap = problem_.channels * row;
  const std::int64_t kernel_row = problem_.kernel_width.size_of(problem_.width.taps) * tap;
  move.row_bytes = numeric::row_bytes(type, features.count);
  move.count = {taps_h.count, taps_w.count, channels.count};
  // In the order of the tensor: moves count upwards.
  move.tensor_stride = {std::abs(problem_.kernel_height.step) * kernel_row,
                        std::abs(problem_.kernel_width.step) * tap, row};
  move.buffer_stride = {taps_w.count * channels.count * move.row_bytes,
                        channels.count * move.row_bytes, move.row_bytes};
  if (!problem_.interleaved() && matrices > 1) {
    move.count[0] = matrices;
    move.tensor_stride[0] = problem_.k() * row;
    move.buffer_stride[0] = channels.count * move.row_bytes;
  }
  move.tensor_offset = matrix + lowest(problem_.kernel_height, taps_h) * kernel_row +
                       lowest(problem_.kernel_width, taps_w) * tap + channels.begin * row +
                       numeric::bit_offset(type, features.begin) / 8;
  return move;
}

TensorMove MatrixMoves::bias_move(const MatrixBlock& block, TensorId tensor,
                                  std::int64_t buffer) const {
  const ElementType type = problem_.bias.front().type;
  AxisRange features = block.features;
  if (problem_.interleaved()) {
    features.begin += block.groups.groups.begin * problem_.features;
    features.count += (block.groups.groups.count - 1) * problem_.features;
  }
  TensorMove move;
  move.tensor = tensor;
  move.tensor_offset = features.begin * numeric::bits(type) / 8;
  move.buffer = buffer;
  move.row_bytes = numeric::row_bytes(type, features.count);
  return move;
}

TensorMove MatrixMoves::result_move(const MatrixTiles::Part& part, std::int64_t batch,
                                    ElementType type, TensorId tensor, std::int64_t buffer) const {
  const OutputBlock& outputs = part.outputs;
  const std::int64_t groups_in_row = problem_.interleaved() ? problem_.groups : 1;
  const std::int64_t position = numeric::row_bytes(type, groups_in_row * problem_.features);
  const std::int64_t row = problem_.result_width.size_of(problem_.width.output) * position;
  const std::int64_t image = problem_.result_height.size_of(problem_.height.output) * row;
  const std::int64_t packed =
      problem_.packed_row_bytes(type, part.groups.count, part.features.count);
  TensorMove move;
  move.tensor = tensor;
  move.tensor_offset = outputs.images.begin * image +
                       problem_.result_height.at(outputs.rows.begin) * row +
                       problem_.result_width.at(outputs.columns.begin) * position;
  move.tensor_stride = {image, problem_.result_height.step * row,
                        problem_.result_width.step * position};
  move.count = {outputs.images.count, outputs.rows.count, outputs.columns.count};
  move.row_bytes = packed;
  move.buffer = buffer;
  move.buffer_stride = {outputs.rows.count * outputs.columns.count * packed,
                        outputs.columns.count * packed, packed};
  std::int64_t first = part.features.begin;
  if (problem_.interleaved()) {
    first += part.groups.begin * problem_.features;
  } else {
    move.tensor_offset += (batch * problem_.groups + part.groups.begin) * image;
  }
  move.tensor_offset += numeric::bit_offset(type, first) / 8;
  if (!problem_.interleaved() && part.groups.count > 1) {
    // Matrices of one image of height 1 each.
    move.row_bytes = numeric::row_bytes(type, part.features.count);
    move.count[0] = part.groups.count;
    move.buffer_stride[0] = move.row_bytes;
  }
  return move;
}

View MatrixMoves::a_view(const MatrixBlock& block, const MatrixTiles::Part& part,
                         const AxisRange& groups, std::int64_t buffer) const {
  const ElementType type = problem_.a.type;
  const std::int64_t skipped = groups.begin - block.groups.groups.begin;
  const AxisRange& channels = block.reduction.channels;
  if (problem_.transposed_a) {
    const std::int64_t row = numeric::row_bytes(type, block.outputs.columns.count);
    const std::int64_t matrix = problem_.shared_a ? 0 : channels.count * row;
    const std::int64_t first = part.outputs.columns.begin - block.outputs.columns.begin;
    return digits_view(type, buffer + skipped * matrix + first * numeric::bits(type) / 8,
                       {{part.outputs.columns.count, numeric::bits(type), {0, 0}}},
                       {{groups.count, matrix * 8, {0, 0}}, {channels.count, row * 8, {0, 0}}});
  }
  const ImagePatch source = patch(block);
  Digit group{groups.count, numeric::bit_offset(type, problem_.channels), {0, 0}};
  AxisRange images = part.outputs.images;
  if (!problem_.interleaved()) {
    group.stride_bits = problem_.shared_a ? 0 : source.image_bytes() * 8;
    images.begin += a_matrix(block.groups);
  }
  return source.grouped_view(buffer + skipped * group.stride_bits / 8, images, part.outputs.rows,
                             part.outputs.columns, group, channels.count);
}

View MatrixMoves::b_view(const MatrixBlock& block, const MatrixTiles::Part& part,
                         const AxisRange& groups, std::int64_t buffer) const {
  const ElementType type = problem_.b.type;
  const std::int64_t skipped = groups.begin - block.groups.groups.begin;
  const std::int64_t first = part.features.begin - block.features.begin;
  const std::int64_t products = block.reduction.products();
  if (problem_.interleaved()) {
    const int bits = numeric::bits(type);
    const std::int64_t row =
        problem_.packed_row_bytes(type, block.groups.groups.count, block.features.count);
    const ReductionBlock& reduction = block.reduction;
    std::int64_t base = buffer + (skipped * problem_.features + first) * bits / 8;
    // Taps that go down in the kernel lie the other way round in the buffer.
    const auto tap_digit = [&](const AxisMap& kernel, std::int64_t count, std::int64_t stride) {
      base += kernel.step < 0 ? (count - 1) * stride : 0;
      return Digit{count, (kernel.step < 0 ? -8 : 8) * stride, {0, 0}};
    };
    const std::int64_t tap = reduction.channels.count * row;
    const Digit tap_w = tap_digit(problem_.kernel_width, reduction.taps_w.count, tap);
    const Digit tap_h =
        tap_digit(problem_.kernel_height, reduction.taps_h.count, reduction.taps_w.count * tap);
    return digits_view(type, base,
                       {{groups.count, problem_.features * bits, {0, 0}},
                        tap_h,
                        tap_w,
                        {reduction.channels.count, row * 8, {0, 0}}},
                       {{part.features.count, bits, {0, 0}}});
  }
  const std::int64_t row =
      numeric::row_bytes(type, problem_.transposed_b ? products : block.features.count);
  const std::int64_t rows = problem_.transposed_b ? block.features.count : products;
  const std::int64_t matrix = problem_.shared_b ? 0 : rows * row;
  const Digit group{groups.count, matrix * 8, {0, 0}};
  if (problem_.transposed_b) {
    View view;
    view.row = command::element_digits(type, products);
    view.row.insert(view.row.begin(), group);
    view.column.push_back({part.features.count, row * 8, {0, 0}});
    return simplified(std::move(view), type, buffer + skipped * matrix + first * row);
  }
  const int bits = numeric::bits(type);
  return digits_view(type, buffer + skipped * matrix + first * bits / 8,
                     {group, {products, row * 8, {0, 0}}}, {{part.features.count, bits, {0, 0}}});
}

View MatrixMoves::bias_view(const MatrixBlock& block, const MatrixTiles::Part& part,
                            std::int64_t buffer, std::int64_t rows) const {
  const ElementType type = problem_.bias.front().type;
  const int bits = numeric::bits(type);
  std::int64_t first = part.features.begin - block.features.begin;
  std::int64_t group_bits = 0;
  if (problem_.interleaved()) {
    first += (part.groups.begin - block.groups.groups.begin) * problem_.features;
    group_bits = problem_.features * bits;
  }
  return digits_view(
      type, buffer + first * bits / 8, {{rows, 0, {0, 0}}},
      {{part.groups.count, group_bits, {0, 0}}, {part.features.count, bits, {0, 0}}});
}

View MatrixMoves::result_view(const MatrixTiles::Part& part, ElementType type, std::int64_t buffer,
                              std::int64_t row, std::int64_t rows) const {
  const std::int64_t packed =
      problem_.packed_row_bytes(type, part.groups.count, part.features.count);
  View view;
  view.row.push_back({rows, packed * 8, {0, 0}});
  view.column = command::element_digits(type, part.features.count);
  view.column.insert(
      view.column.begin(),
      {part.groups.count, problem_.packed_group_bits(type, part.features.count), {0, 0}});
  return simplified(std::move(view), type, buffer + row * packed);
}

std::int64_t MatrixMoves::useful_macs(const MatrixBlock& block, const MatrixTiles::Part& part,
                                      const AxisRange& groups) const {
  const std::int64_t products = groups.count * part.features.count;
  if (problem_.padding_counts) {
    return products * part.outputs.positions() * block.reduction.products();
  }
  return products * part.outputs.images.count * block.reduction.channels.count *
         pairs_inside(problem_.height, part.outputs.rows, block.reduction.taps_h) *
         pairs_inside(problem_.width, part.outputs.columns, block.reduction.taps_w);
}

}  // namespace orrery::lowering
