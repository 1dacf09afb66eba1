// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "numeric/scalar_format.h"

namespace orrery::numeric {

// A block type: `elements` codes, one after the other, then scale, zero point and selector, as far
// as the type has them. An element is (its code's value - zero point) * 2^exponent * scale.
struct BlockFormat {
  enum class ScaleRule : std::uint8_t {
    // 2^(floor(log2 of the largest magnitude) - that of the largest element), OCP Microscaling 6.3.
    kPowerOfTwo,
    kMagnitude,  // largest magnitude / largest element
    kRange,      // (largest - least) / number of steps, 0 within the range; takes a zero point
  };

  int elements = 0;
  ScalarFormat element{};
  int exponent = 0;
  ScalarFormat scale{};
  ScaleRule rule = ScaleRule::kMagnitude;
  std::optional<ScalarFormat> zero_point{};
  // One of them, which the selector names, stands in place of the negative zero of the block.
  std::vector<double> special_values{};
  // Of a table of signed sums in place of the elements (numeric/sum_table.h): a code of `element`
  // is the codes of several entries of this format, the first in its lowest bits.
  std::optional<ScalarFormat> table_entry{};

  [[nodiscard]] int selector_bits() const;
  [[nodiscard]] int metadata_bits() const;
  [[nodiscard]] int bits() const { return elements * element.bits + metadata_bits(); }
};

struct Block {
  std::vector<Code> codes;
  Code scale = 0;
  Code zero_point = 0;
  Code selector = 0;
  bool operator==(const Block&) const = default;
};

struct BlockType {
  std::string name;
  BlockFormat format;
};

// All block types, in the order of their numbers in the binary form of command streams: new ones go
// to the end.
[[nodiscard]] const std::vector<BlockType>& block_types();

// The values that the block stands for.
[[nodiscard]] std::vector<double> decode_block(const BlockFormat& format, const Block& block);

// The block that stands for `elements` finite values. The scale follows the rule, rounded to its
// format; codes are those nearest to value / scale (a double) and saturate, an integer scale is at
// least 1. Of special values, the one with the least sum of squared errors, the first of equals.
[[nodiscard]] Block encode_block(const BlockFormat& format, std::span<const double> values);

// The block in its memory form, bit 0 first, and back.
[[nodiscard]] std::vector<bool> to_bits(const BlockFormat& format, const Block& block);
[[nodiscard]] Block from_bits(const BlockFormat& format, const std::vector<bool>& bits);

}  // namespace orrery::numeric
