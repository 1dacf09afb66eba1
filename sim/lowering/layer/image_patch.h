// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "command/command.h"
#include "lowering/layer/emitter.h"
#include "lowering/tiling/window.h"
#include "numeric/element_type.h"
#include "workload/graph.h"

namespace orrery::lowering {

// The input positions that a block of outputs reads for some taps and channels, as they lie in a
// buffer: image, row, column, channel, the last row of channels filled up to whole bytes.
class ImagePatch {
 public:
  // An image tensor [images, height.input, width.input, channels] and the windows over it.
  struct Source {
    workload::TensorId tensor = workload::kNoTensor;
    numeric::ElementType type = numeric::ElementType::kFp16;
    std::int64_t channels = 1;
    WindowAxis height;
    WindowAxis width;
  };

  ImagePatch(const Source& source, const AxisRange& images, const AxisRange& output_rows,
             const AxisRange& output_columns, const AxisRange& taps_h, const AxisRange& taps_w,
             const AxisRange& channels);

  // Loads the positions inside the image; padding is never loaded.
  void load(Emitter& emitter, std::int64_t buffer) const;

  [[nodiscard]] std::int64_t bytes() const { return images_.count * image_bytes_; }
  [[nodiscard]] std::int64_t image_bytes() const { return image_bytes_; }

  // Digits and bounds of a view of the buffer. Outputs are a part of those the patch was made for.
  // Rows of the view: (image, output row, output column); columns: (tap row, tap column, channel).
  [[nodiscard]] command::View product_view(std::int64_t buffer, const AxisRange& images,
                                           const AxisRange& rows, const AxisRange& columns) const;
  // As product_view with columns (group, tap row, tap column, channel of the group): `group` says
  // how many there are and how far apart they lie, the first of them at `buffer`.
  [[nodiscard]] command::View grouped_view(std::int64_t buffer, const AxisRange& images,
                                           const AxisRange& rows, const AxisRange& columns,
                                           const command::Digit& group,
                                           std::int64_t channels) const;
  // Rows: (image, output row, output column, channel); columns: (tap row, tap column).
  [[nodiscard]] command::View window_view(std::int64_t buffer, const AxisRange& images,
                                          const AxisRange& rows, const AxisRange& columns) const;

 private:
  struct Digits {
    command::Digit image, row, column, tap_h, tap_w, channel;
  };
  [[nodiscard]] command::View base_view(std::int64_t buffer, const AxisRange& images,
                                        const AxisRange& rows, const AxisRange& columns,
                                        Digits& digits) const;

  const Source& source_;
  AxisRange images_, rows_, columns_, taps_h_, taps_w_, channels_;
  AxisSlice height_;
  AxisSlice width_;
  std::int64_t pixel_bytes_;
  std::int64_t row_bytes_;
  std::int64_t image_bytes_;
};

}  // namespace orrery::lowering
