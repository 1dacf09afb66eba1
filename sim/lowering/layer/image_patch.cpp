// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/image_patch.h"

#include "command/view.h"

namespace orrery::lowering {

using command::Digit;
using command::View;

ImagePatch::ImagePatch(const Source& source, const AxisRange& images, const AxisRange& output_rows,
                       const AxisRange& output_columns, const AxisRange& taps_h,
                       const AxisRange& taps_w, const AxisRange& channels)
    : source_(source),
      images_(images),
      rows_(output_rows),
      columns_(output_columns),
      taps_h_(taps_h),
      taps_w_(taps_w),
      channels_(channels),
      height_(slice(source.height, output_rows, taps_h)),
      width_(slice(source.width, output_columns, taps_w)),
      pixel_bytes_(numeric::row_bytes(source.type, channels.count)),
      row_bytes_(width_.length * pixel_bytes_),
      image_bytes_(height_.length * row_bytes_) {}

void ImagePatch::load(Emitter& emitter, std::int64_t buffer) const {
  const std::int64_t pixel = numeric::row_bytes(source_.type, source_.channels);
  const std::int64_t row = source_.width.input * pixel;
  const std::int64_t image = source_.height.input * row;
  const std::int64_t first_channel = numeric::bit_offset(source_.type, channels_.begin) / 8;
  for (const AxisSlice::Run& rows : height_.runs) {
    for (const AxisSlice::Run& columns : width_.runs) {
      TensorMove move;
      move.tensor = source_.tensor;
      move.tensor_offset = images_.begin * image + rows.image_begin * row +
                           columns.image_begin * pixel + first_channel;
      move.tensor_stride = {image, rows.image_step * row, columns.image_step * pixel};
      move.buffer = buffer + rows.buffer_begin * row_bytes_ + columns.buffer_begin * pixel_bytes_;
      move.buffer_stride = {image_bytes_, row_bytes_, pixel_bytes_};
      move.count = {images_.count, rows.count, columns.count};
      move.row_bytes = pixel_bytes_;
      emitter.load(move);
    }
  }
}

View ImagePatch::base_view(std::int64_t buffer, const AxisRange& images, const AxisRange& rows,
                           const AxisRange& columns, Digits& digits) const {
  const std::int64_t row_step = height_.output_step * row_bytes_;
  const std::int64_t column_step = width_.output_step * pixel_bytes_;
  View view;
  view.space = Emitter::scratchpad();
  view.type = source_.type;
  view.base = buffer + (images.begin - images_.begin) * image_bytes_ +
              (rows.begin - rows_.begin) * row_step +
              (columns.begin - columns_.begin) * column_step;
  // Coordinates are looked at only where some window reaches over the image's edge.
  const bool check_h = !height_.all_inside;
  const bool check_w = !width_.all_inside;
  const WindowAxis& h = source_.height;
  const WindowAxis& w = source_.width;
  if (check_h) {
    view.bounds[0] = {h.position(rows.begin, taps_h_.begin), h.input};
  }
  if (check_w) {
    view.bounds[1] = {w.position(columns.begin, taps_w_.begin), w.input};
  }
  digits.image = {images.count, image_bytes_ * 8, {0, 0}};
  digits.row = {rows.count, row_step * 8, {check_h ? h.stride : 0, 0}};
  digits.column = {columns.count, column_step * 8, {0, check_w ? w.stride : 0}};
  digits.tap_h = {taps_h_.count, height_.tap_step * row_bytes_ * 8, {check_h ? h.dilation : 0, 0}};
  digits.tap_w = {taps_w_.count, width_.tap_step * pixel_bytes_ * 8, {0, check_w ? w.dilation : 0}};
  digits.channel = {channels_.count, numeric::code_bits(source_.type), {0, 0}};
  return view;
}

View ImagePatch::product_view(std::int64_t buffer, const AxisRange& images, const AxisRange& rows,
                              const AxisRange& columns) const {
  Digits digits;
  View view = base_view(buffer, images, rows, columns, digits);
  view.row = {digits.image, digits.row, digits.column};
  view.column = {digits.tap_h, digits.tap_w, digits.channel};
  command::simplify(view);
  return view;
}

View ImagePatch::grouped_view(std::int64_t buffer, const AxisRange& images, const AxisRange& rows,
                              const AxisRange& columns, const Digit& group,
                              std::int64_t channels) const {
  Digits digits;
  View view = base_view(buffer, images, rows, columns, digits);
  view.row = {digits.image, digits.row, digits.column};
  const auto elements = command::element_digits(source_.type, channels);
  // A view has room for four digits; those of one step are none.
  for (const Digit& digit : {group, digits.tap_h, digits.tap_w}) {
    if (digit.extent > 1 || elements.size() == 1) {
      view.column.push_back(digit);
    }
  }
  view.column.insert(view.column.end(), elements.begin(), elements.end());
  command::simplify(view);
  return view;
}

View ImagePatch::window_view(std::int64_t buffer, const AxisRange& images, const AxisRange& rows,
                             const AxisRange& columns) const {
  Digits digits;
  View view = base_view(buffer, images, rows, columns, digits);
  view.row = {digits.image, digits.row, digits.column, digits.channel};
  view.column = {digits.tap_h, digits.tap_w};
  command::simplify(view);
  return view;
}

}  // namespace orrery::lowering
