// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "command/command.h"

namespace orrery::command {

// Bytes [begin, end) of one memory.
struct Interval {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  [[nodiscard]] bool empty() const { return begin >= end; }
  bool operator==(const Interval&) const = default;
};

// A plain matrix: successive rows row_stride_bytes apart, elements of a row next to each other.
// A stride of 0 shows one row again and again.
[[nodiscard]] View matrix_view(Space space, ElementType type, std::int64_t base, std::int64_t rows,
                               std::int64_t columns, std::int64_t row_stride_bytes);

// Whether the digit counts the elements of one block of the type.
[[nodiscard]] bool counts_block(ElementType type, const Digit& digit);

// Digits of `count` elements next to each other; of a block type whole blocks.
[[nodiscard]] boost::container::static_vector<Digit, 4> element_digits(ElementType type,
                                                                       std::int64_t count);

// Rows and columns of the matrix that the digits span.
[[nodiscard]] std::int64_t row_count(const View& view);
[[nodiscard]] std::int64_t column_count(const View& view);

// Leaves out digits of extent 1 and joins digits that run on into each other, at least one digit a
// side remains. Shows the same elements in the same order.
void simplify(View& view);

// The bytes from the first to the last element inside the bounds, empty where there is none. Exact
// for up to 2^16 combinations of the digits that move one coordinate, else bounds are ignored.
[[nodiscard]] Interval touched_bytes(const View& view);

// The bytes from the first to the last of one end of a move.
[[nodiscard]] Interval touched_bytes(const Move::End& end, const Move& move);

}  // namespace orrery::command
