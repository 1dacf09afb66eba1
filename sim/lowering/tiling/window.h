// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <compare>
#include <cstdint>

namespace orrery::lowering {

// One dimension of an operator that slides a window over an image: output position o reads, for
// each tap t, input position o * stride + t * dilation - padding, if it lies inside the image.
struct WindowAxis {
  std::int64_t input = 1;   // positions of the image
  std::int64_t output = 1;  // positions of the result
  std::int64_t taps = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t padding = 0;  // before the first position

  auto operator<=>(const WindowAxis&) const = default;

  [[nodiscard]] std::int64_t position(std::int64_t o, std::int64_t tap) const {
    return o * stride + tap * dilation - padding;
  }
};

struct AxisRange {
  std::int64_t begin = 0;
  std::int64_t count = 1;
  bool operator==(const AxisRange&) const = default;
};

// Pairs of these outputs and taps that read a position inside the image.
[[nodiscard]] std::int64_t pairs_inside(const WindowAxis& axis, const AxisRange& outputs,
                                        const AxisRange& taps);

// How the input positions that some outputs and taps read lie in a buffer, one after the other.
// Every position inside the image that is loaded is read by some output.
struct AxisSlice {
  // Image positions image_begin, image_begin + image_step, ... at buffer positions buffer_begin,
  // buffer_begin + 1, ...
  struct Run {
    std::int64_t image_begin = 0;
    std::int64_t image_step = 1;
    std::int64_t count = 0;
    std::int64_t buffer_begin = 0;
  };
  boost::container::small_vector<Run, 4> runs;  // of what lies inside the image
  std::int64_t length = 0;       // buffer positions, those outside the image included
  std::int64_t output_step = 0;  // buffer positions from one output to the next
  std::int64_t tap_step = 0;     // and from one tap to the next
  bool all_inside = true;        // no window reaches over the image's edge

  [[nodiscard]] std::int64_t loaded() const;
};

// Where windows leave no gap, the positions are loaded once, in steps of what stride and dilation
// have in common. Otherwise those of each tap are loaded by themselves.
[[nodiscard]] AxisSlice slice(const WindowAxis& axis, const AxisRange& outputs,
                              const AxisRange& taps);

// Input positions loaded by a walk over all outputs in blocks of `outputs`, with all taps at once
// or tap by tap.
[[nodiscard]] std::int64_t walk_loads(const WindowAxis& axis, std::int64_t outputs, bool all_taps);

// AxisSlice::length of ranges of that size, wherever they begin.
[[nodiscard]] std::int64_t slice_length(const WindowAxis& axis, std::int64_t outputs,
                                        std::int64_t taps);

}  // namespace orrery::lowering
