// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "command/command.h"

namespace orrery::command {

// Tags and flags of the binary form; docs/command_stream.md has the layout.
inline constexpr unsigned kEndTag = 0;
inline constexpr unsigned kFirstBodyTag = 1;  // the alternatives of Command::body, in their order
inline constexpr unsigned kBodyTags = 7;

inline constexpr unsigned kDigitCounts = 5;  // a side of a view has 0 to 4 digits
// Element types by number, that is by their place among numeric::element_types(). In a view, where
// two flags share the byte, this stands for one from here on, whose number is the next byte.
inline constexpr unsigned kWideType = 0x3f;
inline constexpr unsigned kStepsFlag = 0x40;
inline constexpr unsigned kBoundsFlag = 0x80;
inline constexpr unsigned kSpaceKinds = 3;

// The index in timing::kStandardDataflows, or this and the text of the dataflow.
inline constexpr unsigned kOwnDataflow = 0x3f;
inline constexpr unsigned kGroupsFlag = 0x40;
inline constexpr unsigned kAccumulateFlag = 0x80;

// A row-stationary tile has these, in this order.
inline constexpr std::array kWindowSizes{
    &timing::ConvolutionWindow::images,         &timing::ConvolutionWindow::output_rows,
    &timing::ConvolutionWindow::output_columns, &timing::ConvolutionWindow::filter_rows,
    &timing::ConvolutionWindow::filter_columns, &timing::ConvolutionWindow::stride_h,
    &timing::ConvolutionWindow::stride_w,       &timing::ConvolutionWindow::dilation_h,
    &timing::ConvolutionWindow::dilation_w};

// Added to the number of stages of a vector command that has useful multiply-accumulates.
inline constexpr unsigned kVectorMacsFlag = 0x80;
inline constexpr unsigned kVectorKinds = 37;
inline constexpr unsigned kOperandFlag = 0x40;
inline constexpr unsigned kParametersFlag = 0x80;

inline constexpr unsigned kPimOperations = 6;
inline constexpr unsigned kAnnouncesFlag = 0x80;
// A step has a bit for each of kPimOperands that it holds, and this one.
inline constexpr unsigned kOnceFlag = 0x80;

// Whether a digit of the view moves a checked coordinate.
[[nodiscard]] inline bool moves_coordinates(const View& view) {
  const auto moves = [](const Digit& digit) { return digit.step[0] != 0 || digit.step[1] != 0; };
  return std::any_of(view.row.begin(), view.row.end(), moves) ||
         std::any_of(view.column.begin(), view.column.end(), moves);
}

}  // namespace orrery::command
