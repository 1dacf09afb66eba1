// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "command/command.h"

namespace orrery::command {

// Last line of the text form.
inline constexpr std::string_view kTextEnd = "end";

inline constexpr std::int64_t kNoLimit = Bound{}.limit;

// What both forms leave out.
[[nodiscard]] inline bool is_default(const Bound& bound) {
  return bound.origin == 0 && bound.limit == kNoLimit;
}
[[nodiscard]] inline bool is_unbounded(const View& view) {
  return std::all_of(view.bounds.begin(), view.bounds.end(),
                     [](const Bound& bound) { return is_default(bound); });
}
[[nodiscard]] inline bool is_default(const View& view) {
  return view.space == Space{} && view.type == View{}.type && view.base == 0 && view.row.empty() &&
         view.column.empty() && is_unbounded(view);
}
// What macs_useful is where nothing is masked. Wraps for sizes that no reader accepts.
[[nodiscard]] inline std::int64_t full_macs(const ComputeTile& tile) {
  return static_cast<std::int64_t>(
      static_cast<std::uint64_t>(tile.m) * static_cast<std::uint64_t>(tile.n) *
      static_cast<std::uint64_t>(tile.k) * static_cast<std::uint64_t>(tile.groups));
}
[[nodiscard]] inline bool has_window(const ComputeTile& tile) {
  return tile.dataflow.machine() == timing::Dataflow::Machine::kRowsStay;
}
// The window of a matrix product: one row of m outputs.
[[nodiscard]] inline timing::ConvolutionWindow plain_window(std::int64_t m) {
  timing::ConvolutionWindow window;
  window.output_columns = m;
  return window;
}
// Minus zero is another number.
[[nodiscard]] inline bool is_zero(const std::array<double, 3>& parameters) {
  return std::all_of(parameters.begin(), parameters.end(),
                     [](double value) { return std::bit_cast<std::uint64_t>(value) == 0; });
}

}  // namespace orrery::command
