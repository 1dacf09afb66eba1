// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/rational.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orrery::base {

// Exact fractions, for everything that decides when something happens.
using Rational = boost::rational<std::int64_t>;

// "940", "0.8333", "5/6", "1.5e3". At most nine digits before and after the point, so that products
// with the unit prefixes stay exact; nullopt for anything else.
[[nodiscard]] std::optional<Rational> parse_rational(std::string_view text);

// "5/6", or "940" when the denominator is 1.
[[nodiscard]] std::string to_string(const Rational& value);

[[nodiscard]] inline double to_double(const Rational& value) {
  return static_cast<double>(value.numerator()) / static_cast<double>(value.denominator());
}

// floor(value) and ceil(value) of a non-negative fraction.
[[nodiscard]] inline std::int64_t floor(const Rational& value) {
  return value.numerator() / value.denominator();
}
[[nodiscard]] inline std::int64_t ceil(const Rational& value) {
  return (value.numerator() + value.denominator() - 1) / value.denominator();
}

}  // namespace orrery::base
