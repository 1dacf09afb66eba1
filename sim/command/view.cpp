// SPDX-License-Identifier: Apache-2.0
#include "command/view.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"

namespace orrery::command {
namespace {

using Digits = boost::container::static_vector<Digit, 4>;

constexpr std::int64_t kMostCombinations = 1 << 16;

struct Range {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

std::int64_t count(const Digits& digits) {
  std::int64_t product = 1;
  for (const Digit& digit : digits) {
    product *= digit.extent;
  }
  return product;
}

void simplify(ElementType type, Digits& digits) {
  Digits result;
  for (const Digit& digit : digits) {
    if (digit.extent == 1) {
      continue;
    }
    if (!result.empty()) {
      Digit& outer = result.back();
      const bool runs_on = !counts_block(type, digit) &&
                           outer.stride_bits == digit.stride_bits * digit.extent &&
                           outer.step[0] == digit.step[0] * digit.extent &&
                           outer.step[1] == digit.step[1] * digit.extent;
      if (runs_on) {
        outer = {outer.extent * digit.extent, digit.stride_bits, digit.step};
        continue;
      }
    }
    result.push_back(digit);
  }
  if (result.empty()) {
    result.push_back({1, 0, {0, 0}});
  }
  digits = result;
}

// The offsets, in bits, that digits without bounds reach.
Range free_range(const std::vector<Digit>& digits) {
  Range range;
  for (const Digit& digit : digits) {
    const std::int64_t reach = (digit.extent - 1) * digit.stride_bits;
    range.low += std::min<std::int64_t>(reach, 0);
    range.high += std::max<std::int64_t>(reach, 0);
  }
  return range;
}

// From the first bit of the last element on. A view of a block type ends with the last element of a
// block, behind which the block's metadata stand.
int last_element_bits(ElementType type) {
  const numeric::BlockFormat* block = numeric::info(type).block;
  return numeric::code_bits(type) + (block == nullptr ? 0 : block->metadata_bits());
}

bool inside(const Bound& bound, std::int64_t offset) {
  const std::int64_t coordinate = bound.origin + offset;
  return coordinate >= 0 && coordinate < bound.limit;
}

// The offsets of those combinations of digits whose coordinates lie inside the bounds.
std::optional<Range> bounded_range(const std::vector<Digit>& digits,
                                   const std::array<Bound, 2>& bounds,
                                   const std::array<bool, 2>& checked) {
  std::int64_t combinations = 1;
  for (const Digit& digit : digits) {
    combinations *= digit.extent;
    if (combinations > kMostCombinations) {
      return free_range(digits);
    }
  }
  std::optional<Range> range;
  for (std::int64_t combination = 0; combination < combinations; ++combination) {
    std::int64_t rest = combination;
    std::int64_t offset = 0;
    std::array<std::int64_t, 2> coordinate{};
    for (const Digit& digit : digits) {
      const std::int64_t value = rest % digit.extent;
      rest /= digit.extent;
      offset += value * digit.stride_bits;
      coordinate[0] += value * digit.step[0];
      coordinate[1] += value * digit.step[1];
    }
    if ((checked[0] && !inside(bounds[0], coordinate[0])) ||
        (checked[1] && !inside(bounds[1], coordinate[1]))) {
      continue;
    }
    if (!range) {
      range = Range{offset, offset};
    }
    range->low = std::min(range->low, offset);
    range->high = std::max(range->high, offset);
  }
  return range;
}

}  // namespace

bool counts_block(ElementType type, const Digit& digit) {
  return numeric::is_block(type) && digit.extent == numeric::block_elements(type) &&
         digit.stride_bits == numeric::code_bits(type);
}

boost::container::static_vector<Digit, 4> element_digits(ElementType type, std::int64_t count) {
  const int bits = numeric::code_bits(type);
  if (!numeric::is_block(type)) {
    return {{count, count == 1 ? 0 : bits, {0, 0}}};
  }
  const int block = numeric::block_elements(type);
  base::require_invariant(count % block == 0, "a row of whole blocks", numeric::name(type));
  return {{count / block, count == block ? 0 : numeric::block_bits(type), {0, 0}},
          {block, bits, {0, 0}}};
}

View matrix_view(Space space, ElementType type, std::int64_t base, std::int64_t rows,
                 std::int64_t columns, std::int64_t row_stride_bytes) {
  View view;
  view.space = space;
  view.type = type;
  view.base = base;
  view.row.push_back({rows, rows == 1 ? 0 : row_stride_bytes * 8, {0, 0}});
  view.column = element_digits(type, columns);
  return view;
}

std::int64_t row_count(const View& view) {
  return count(view.row);
}

std::int64_t column_count(const View& view) {
  return count(view.column);
}

void simplify(View& view) {
  simplify(view.type, view.row);
  simplify(view.type, view.column);
}

Interval touched_bytes(const View& view) {
  // Digits are sorted by the coordinate they move; those that move both make one set of all.
  std::array<std::vector<Digit>, 3> sets;  // row coordinate, column coordinate, none
  bool coupled = false;
  for (const Digits* digits : {&view.row, &view.column}) {
    for (const Digit& digit : *digits) {
      coupled = coupled || (digit.step[0] != 0 && digit.step[1] != 0);
      sets[digit.step[0] != 0 ? 0 : digit.step[1] != 0 ? 1 : 2].push_back(digit);
    }
  }
  if (coupled) {
    sets[0].insert(sets[0].end(), sets[1].begin(), sets[1].end());
    sets[1].clear();
  }
  Range range = free_range(sets[2]);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::array<bool, 2> checked{i == 0, i == 1 || coupled};
    const auto part = bounded_range(sets[i], view.bounds, checked);
    if (!part) {
      return {};
    }
    range.low += part->low;
    range.high += part->high;
  }
  const std::int64_t begin = view.base * 8 + range.low;
  const std::int64_t end = view.base * 8 + range.high + last_element_bits(view.type);
  return {begin >= 0 ? begin / 8 : -((-begin + 7) / 8), end >= 0 ? (end + 7) / 8 : end / 8};
}

Interval touched_bytes(const Move::End& end, const Move& move) {
  Interval interval{end.address, end.address + move.row_bytes};
  for (std::size_t i = 0; i < move.count.size(); ++i) {
    const std::int64_t reach = (move.count[i] - 1) * end.stride[i];
    interval.begin += std::min<std::int64_t>(reach, 0);
    interval.end += std::max<std::int64_t>(reach, 0);
  }
  return interval;
}

}  // namespace orrery::command
