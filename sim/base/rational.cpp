// SPDX-License-Identifier: Apache-2.0
#include "base/rational.h"

#include <charconv>

namespace orrery::base {
namespace {

constexpr std::size_t kMostDigits = 9;

std::int64_t power_of_ten(std::size_t exponent) {
  std::int64_t value = 1;
  for (std::size_t i = 0; i < exponent; ++i) {
    value *= 10;
  }
  return value;
}

std::optional<std::int64_t> parse_digits(std::string_view text, std::size_t most) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > most) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') {
    return std::nullopt;
  }
  return value;
}

std::optional<Rational> parse_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) {
    const auto whole = parse_digits(text, 15);
    return whole ? std::optional(Rational(*whole)) : std::nullopt;
  }
  const std::string_view fraction_text = text.substr(point + 1);
  const auto whole = parse_digits(text.substr(0, point), kMostDigits);
  const auto fraction = parse_digits(fraction_text, kMostDigits);
  if (!whole || !fraction) {
    return std::nullopt;
  }
  return Rational(*whole) + Rational(*fraction, power_of_ten(fraction_text.size()));
}

}  // namespace

std::optional<Rational> parse_rational(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::optional<Rational> value;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto numerator = parse_digits(text.substr(0, slash), kMostDigits);
    const auto denominator = parse_digits(text.substr(slash + 1), kMostDigits);
    if (numerator && denominator && *denominator != 0) {
      value = Rational(*numerator, *denominator);
    }
  } else if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    const auto mantissa = parse_decimal(text.substr(0, e));
    std::string_view exponent_text = text.substr(e + 1);
    const bool down = !exponent_text.empty() && exponent_text.front() == '-';
    if (down || (!exponent_text.empty() && exponent_text.front() == '+')) {
      exponent_text.remove_prefix(1);
    }
    const auto exponent = parse_digits(exponent_text, 1);
    if (mantissa && exponent) {
      const Rational scale(power_of_ten(static_cast<std::size_t>(*exponent)));
      value = down ? *mantissa / scale : *mantissa * scale;
    }
  } else {
    value = parse_decimal(text);
  }
  if (value && negative) {
    return -*value;
  }
  return value;
}

std::string to_string(const Rational& value) {
  std::string text = std::to_string(value.numerator());
  if (value.denominator() != 1) {
    text += '/' + std::to_string(value.denominator());
  }
  return text;
}

}  // namespace orrery::base
