// SPDX-License-Identifier: Apache-2.0
#include "numeric/block_format.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "numeric/sum_table.h"

namespace orrery::numeric {
namespace {

using ScaleRule = BlockFormat::ScaleRule;

Code negative_zero(const ScalarFormat& element) {
  return Code{1} << (element.bits - 1);
}

double special_value(const BlockFormat& format, Code selector) {
  return format.special_values[selector];
}

// The value of a code before scaling.
double element_value(const BlockFormat& format, const Block& block, Code code) {
  if (!format.special_values.empty() && code == negative_zero(format.element)) {
    return special_value(format, block.selector);
  }
  const double zero = format.zero_point ? decode(*format.zero_point, block.zero_point) : 0.0;
  return std::ldexp(decode(format.element, code) - zero, format.exponent);
}

double scale_of(const BlockFormat& format, const Block& block) {
  return decode(format.scale, block.scale);
}

double largest_magnitude(std::span<const double> values) {
  double most = 0.0;
  for (const double value : values) {
    most = std::max(most, std::abs(value));
  }
  return most;
}

double power_of_two_scale(const BlockFormat& format, double magnitude) {
  const double least = decode(format.scale, 0);
  if (magnitude == 0.0) {
    return least;
  }
  const int largest_exponent = std::ilogb(std::ldexp(largest(format.element), format.exponent));
  return std::ldexp(1.0, std::ilogb(magnitude) - largest_exponent);
}

// A scale that is an integer may not vanish; one that is real vanishes with its block.
Code encode_scale(const ScalarFormat& format, double value) {
  const Code code = encode(format, value);
  return format.is_integer() && code == 0 ? 1 : code;
}

void choose_scale(const BlockFormat& format, std::span<const double> values, Block& block) {
  const double magnitude = largest_magnitude(values);
  const double element = std::ldexp(largest(format.element), format.exponent);
  switch (format.rule) {
    case ScaleRule::kPowerOfTwo:
      block.scale = encode(format.scale, power_of_two_scale(format, magnitude));
      return;
    case ScaleRule::kMagnitude: {
      const double special =
          format.special_values.empty() ? 0.0 : std::abs(special_value(format, block.selector));
      block.scale = encode_scale(format.scale, magnitude / std::max(element, special));
      return;
    }
    case ScaleRule::kRange: {
      const double least = std::min(0.0, *std::min_element(values.begin(), values.end()));
      const double most = std::max(0.0, *std::max_element(values.begin(), values.end()));
      block.scale = encode_scale(format.scale, (most - least) / element);
      const double scale = scale_of(format, block);
      block.zero_point = scale == 0.0 ? 0 : encode(*format.zero_point, -least / scale);
      return;
    }
  }
}

// The code nearest to a value that is already divided by the scale.
Code nearest_code(const BlockFormat& format, const Block& block, double value) {
  const double zero = format.zero_point ? decode(*format.zero_point, block.zero_point) : 0.0;
  Code code = encode(format.element, std::ldexp(value, -format.exponent) + zero);
  if (format.special_values.empty()) {
    return code;
  }
  if (code == negative_zero(format.element)) {
    code = 0;
  }
  const double special = special_value(format, block.selector);
  const double error = std::abs(element_value(format, block, code) - value);
  return std::abs(special - value) < error ? negative_zero(format.element) : code;
}

Block encode_with(const BlockFormat& format, std::span<const double> values, Code selector) {
  Block block;
  block.selector = selector;
  choose_scale(format, values, block);
  const double scale = scale_of(format, block);
  for (const double value : values) {
    block.codes.push_back(nearest_code(format, block, scale == 0.0 ? 0.0 : value / scale));
  }
  return block;
}

double squared_error(const BlockFormat& format, const Block& block,
                     std::span<const double> values) {
  const std::vector<double> decoded = decode_block(format, block);
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += (decoded[i] - values[i]) * (decoded[i] - values[i]);
  }
  return sum;
}

void append(std::vector<bool>& bits, Code code, int count) {
  for (int i = 0; i < count; ++i) {
    bits.push_back((code >> i & 1) != 0);
  }
}

Code take(const std::vector<bool>& bits, std::size_t& place, int count) {
  Code code = 0;
  for (int i = 0; i < count; ++i, ++place) {
    code |= static_cast<Code>(bits[place]) << i;
  }
  return code;
}

}  // namespace

int BlockFormat::selector_bits() const {
  return special_values.empty() ? 0 : std::bit_width(special_values.size() - 1);
}

int BlockFormat::metadata_bits() const {
  return scale.bits + (zero_point ? zero_point->bits : 0) + selector_bits();
}

std::vector<double> decode_block(const BlockFormat& format, const Block& block) {
  if (format.table_entry) {
    return activations_of(read_sum_table(format, block));
  }
  const double scale = scale_of(format, block);
  std::vector<double> values;
  values.reserve(block.codes.size());
  for (const Code code : block.codes) {
    values.push_back(element_value(format, block, code) * scale);
  }
  return values;
}

Block encode_block(const BlockFormat& format, std::span<const double> values) {
  base::require_invariant(static_cast<int>(values.size()) == format.elements, "a whole block",
                          "numeric");
  if (format.table_entry) {
    return make_sum_table(format, values);
  }
  Block best = encode_with(format, values, 0);
  for (Code selector = 1; selector < format.special_values.size(); ++selector) {
    const Block other = encode_with(format, values, selector);
    if (squared_error(format, other, values) < squared_error(format, best, values)) {
      best = other;
    }
  }
  return best;
}

std::vector<bool> to_bits(const BlockFormat& format, const Block& block) {
  std::vector<bool> bits;
  bits.reserve(static_cast<std::size_t>(format.bits()));
  for (const Code code : block.codes) {
    append(bits, code, format.element.bits);
  }
  append(bits, block.scale, format.scale.bits);
  append(bits, block.zero_point, format.zero_point ? format.zero_point->bits : 0);
  append(bits, block.selector, format.selector_bits());
  return bits;
}

Block from_bits(const BlockFormat& format, const std::vector<bool>& bits) {
  base::require_invariant(static_cast<int>(bits.size()) == format.bits(), "a whole block",
                          "numeric");
  std::size_t place = 0;
  Block block;
  for (int i = 0; i < format.elements; ++i) {
    block.codes.push_back(take(bits, place, format.element.bits));
  }
  block.scale = take(bits, place, format.scale.bits);
  block.zero_point = take(bits, place, format.zero_point ? format.zero_point->bits : 0);
  block.selector = take(bits, place, format.selector_bits());
  return block;
}

}  // namespace orrery::numeric
