// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/window.h"

#include <algorithm>
#include <numeric>

namespace orrery::lowering {
namespace {

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

// Steps between neighbouring positions that are loaded, with all taps together.
struct Compaction {
  std::int64_t common = 1;  // step in the image
  bool gapless = true;      // every position of that step is read
};

Compaction compact(const WindowAxis& axis, std::int64_t outputs, std::int64_t taps) {
  const std::int64_t dilation = taps == 1 ? 0 : axis.dilation;
  const std::int64_t stride = outputs == 1 ? 0 : axis.stride;
  const std::int64_t common = std::gcd(stride, dilation);
  if (common == 0 || stride == 0 || dilation == 0) {
    return {std::max<std::int64_t>(common, 1), true};
  }
  // o * s + t * d covers every number between if one step is 1 and the other not beyond its reach.
  const std::int64_t s = stride / common;
  const std::int64_t d = dilation / common;
  return {common, (d == 1 && s <= taps) || (s == 1 && d <= outputs)};
}

// The part of positions begin, begin + step, ... (count of them) that lies in [0, limit).
AxisSlice::Run clip(std::int64_t begin, std::int64_t step, std::int64_t count, std::int64_t limit,
                    std::int64_t buffer_begin) {
  const std::int64_t first = std::clamp<std::int64_t>(divide_up(-begin, step), 0, count);
  const std::int64_t last = std::clamp<std::int64_t>(divide_up(limit - begin, step), first, count);
  return {begin + first * step, step, last - first, buffer_begin + first};
}

}  // namespace

std::int64_t pairs_inside(const WindowAxis& axis, const AxisRange& outputs, const AxisRange& taps) {
  std::int64_t count = 0;
  for (std::int64_t t = taps.begin; t < taps.begin + taps.count; ++t) {
    count += clip(axis.position(outputs.begin, t), axis.stride, outputs.count, axis.input, 0).count;
  }
  return count;
}

std::int64_t AxisSlice::loaded() const {
  std::int64_t total = 0;
  for (const Run& run : runs) {
    total += run.count;
  }
  return total;
}

AxisSlice slice(const WindowAxis& axis, const AxisRange& outputs, const AxisRange& taps) {
  AxisSlice result;
  const Compaction compaction = compact(axis, outputs.count, taps.count);
  const std::int64_t begin = axis.position(outputs.begin, taps.begin);
  const std::int64_t end =
      axis.position(outputs.begin + outputs.count - 1, taps.begin + taps.count - 1);
  result.all_inside = begin >= 0 && end < axis.input;
  result.length = slice_length(axis, outputs.count, taps.count);
  if (compaction.gapless) {
    result.output_step = outputs.count == 1 ? 0 : axis.stride / compaction.common;
    result.tap_step = taps.count == 1 ? 0 : axis.dilation / compaction.common;
    const auto run = clip(begin, compaction.common, result.length, axis.input, 0);
    if (run.count > 0) {
      result.runs.push_back(run);
    }
    return result;
  }
  result.output_step = 1;
  result.tap_step = outputs.count;
  for (std::int64_t t = 0; t < taps.count; ++t) {
    const auto run = clip(axis.position(outputs.begin, taps.begin + t), axis.stride, outputs.count,
                          axis.input, t * outputs.count);
    if (run.count > 0) {
      result.runs.push_back(run);
    }
  }
  return result;
}

std::int64_t slice_length(const WindowAxis& axis, std::int64_t outputs, std::int64_t taps) {
  const Compaction compaction = compact(axis, outputs, taps);
  if (!compaction.gapless) {
    return outputs * taps;
  }
  return ((outputs - 1) * axis.stride + (taps - 1) * axis.dilation) / compaction.common + 1;
}

std::int64_t walk_loads(const WindowAxis& axis, std::int64_t outputs, bool all_taps) {
  if (axis.taps == 1 && axis.padding == 0) {
    return axis.output;
  }
  std::int64_t total = 0;
  for (std::int64_t begin = 0; begin < axis.output; begin += outputs) {
    const AxisRange range{begin, std::min(outputs, axis.output - begin)};
    if (all_taps) {
      total += slice(axis, range, {0, axis.taps}).loaded();
      continue;
    }
    for (std::int64_t tap = 0; tap < axis.taps; ++tap) {
      total += slice(axis, range, {tap, 1}).loaded();
    }
  }
  return total;
}

}  // namespace orrery::lowering
