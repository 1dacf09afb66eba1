// SPDX-License-Identifier: Apache-2.0
#include "numeric/scalar_format.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace orrery::numeric {
namespace {

using Kind = ScalarFormat::Kind;
using Specials = ScalarFormat::Specials;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

// The nearest integer, of two as near the even one, whatever the rounding mode.
double nearest_even(double value) {
  const double below = std::floor(value);
  const double rest = value - below;
  const bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2.0) != 0.0);
  return up ? below + 1.0 : below;
}

Code exponent_mask(const ScalarFormat& format) {
  return (Code{1} << format.exponent_bits) - 1;
}

Code mantissa_mask(const ScalarFormat& format) {
  return (Code{1} << format.mantissa_bits) - 1;
}

// Exponent and mantissa of the largest number.
Code largest_magnitude(const ScalarFormat& format) {
  const Code all = (exponent_mask(format) << format.mantissa_bits) | mantissa_mask(format);
  switch (format.specials) {
    case Specials::kNone:
      return all;
    case Specials::kInfinites:
      return all - mantissa_mask(format) - 1;
    case Specials::kSingleNan:
      return all - 1;
  }
  throw base::InternalError("known specials", "numeric");
}

double minifloat_magnitude(const ScalarFormat& format, Code magnitude) {
  const auto exponent = static_cast<int>(magnitude >> format.mantissa_bits);
  const auto mantissa = static_cast<double>(magnitude & mantissa_mask(format));
  if (magnitude > largest_magnitude(format)) {
    const bool infinite =
        format.specials == Specials::kInfinites && (magnitude & mantissa_mask(format)) == 0;
    return infinite ? kInfinite : kNan;
  }
  const double one = std::ldexp(1.0, format.mantissa_bits);
  return std::ldexp(exponent == 0 ? mantissa : one + mantissa,
                    std::max(exponent, 1) - format.bias - format.mantissa_bits);
}

double decode_minifloat(const ScalarFormat& format, Code code) {
  const int magnitude_bits = format.exponent_bits + format.mantissa_bits;
  const double magnitude = minifloat_magnitude(format, code & ((Code{1} << magnitude_bits) - 1));
  return std::copysign(magnitude, (code >> magnitude_bits & 1) != 0 ? -1.0 : 1.0);
}

// Of a finite magnitude. Rounding up runs over into the next exponent, as the codes do.
Code round_magnitude(const ScalarFormat& format, double magnitude) {
  if (magnitude == 0.0) {
    return 0;
  }
  int exponent = 0;
  (void)std::frexp(magnitude, &exponent);  // magnitude is in [2^(exponent - 1), 2^exponent)
  const int code = std::max(exponent - 1 + format.bias, 1);
  const double steps =
      nearest_even(std::ldexp(magnitude, format.mantissa_bits + format.bias - code));
  // Subnormal numbers have exponent code 0 but the steps of code 1.
  return (static_cast<Code>(code - 1) << format.mantissa_bits) + static_cast<Code>(steps);
}

Code encode_minifloat(const ScalarFormat& format, double value) {
  const Code sign =
      std::signbit(value) ? Code{1} << (format.exponent_bits + format.mantissa_bits) : Code{0};
  const Code most = largest_magnitude(format);
  if (std::isnan(value)) {
    base::require_invariant(format.specials != Specials::kNone, "a NaN has a code", "numeric");
    const Code quiet = format.specials == Specials::kInfinites ? mantissa_mask(format) / 2 + 1 : 0;
    return most + 1 + quiet;
  }
  // 2^(exponent + 1) of the largest number: whatever lies there or beyond overflows.
  const double beyond =
      std::ldexp(2.0, static_cast<int>(most >> format.mantissa_bits) - format.bias);
  const double magnitude = std::abs(value);
  const Code code =
      magnitude >= beyond ? most + 1 : std::min(round_magnitude(format, magnitude), most + 1);
  if (code <= most) {
    return sign | code;
  }
  return sign | (format.overflow == ScalarFormat::Overflow::kInfinite ? most + 1 : most);
}

Code encode_power(const ScalarFormat& format, double value) {
  if (std::isnan(value)) {
    return format.code_mask();
  }
  base::require_invariant(value >= 0.0, "a power of two is not negative", "numeric");
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // in [1/2, 1)
  if (value == 0.0) {
    return 0;
  }
  if (std::isinf(value)) {
    return format.code_mask() - 1;
  }
  const int lower = exponent - 1 + format.bias;
  const bool up = fraction > 0.75 || (fraction == 0.75 && lower % 2 != 0);
  return static_cast<Code>(
      std::clamp(lower + (up ? 1 : 0), 0, static_cast<int>(format.code_mask()) - 1));
}

struct Range {
  double least;
  double most;
};

Range integer_range(const ScalarFormat& format) {
  if (format.kind == Kind::kUnsigned) {
    return {0.0, std::ldexp(1.0, format.bits) - 1.0};
  }
  const double half = std::ldexp(1.0, format.bits - 1);
  return format.kind == Kind::kTernary ? Range{-1.0, 1.0} : Range{-half, half - 1.0};
}

Code encode_integer(const ScalarFormat& format, double value) {
  base::require_invariant(!std::isnan(value), "a NaN has a code", "numeric");
  const auto [least, most] = integer_range(format);
  const double whole = nearest_even(std::clamp(value, least, most));
  return static_cast<Code>(static_cast<std::int64_t>(whole)) & format.code_mask();
}

double decode_integer(const ScalarFormat& format, Code code) {
  const Code top = Code{1} << (format.bits - 1);
  const bool negative = format.kind != Kind::kUnsigned && (code & top) != 0;
  const auto whole =
      static_cast<std::int64_t>(code) - (negative ? (std::int64_t{1} << format.bits) : 0);
  return static_cast<double>(whole);
}

}  // namespace

double decode(const ScalarFormat& format, Code code) {
  base::require_invariant((code & ~format.code_mask()) == 0, "a code fits its format", "numeric");
  switch (format.kind) {
    case Kind::kTwosComplement:
    case Kind::kUnsigned:
      return decode_integer(format, code);
    case Kind::kSign:
      return code == 0 ? -1.0 : 1.0;
    case Kind::kTernary:
      return code == 2 ? kNan : decode_integer(format, code);
    case Kind::kMinifloat:
      return decode_minifloat(format, code >> format.unused_bits);
    case Kind::kPowerOfTwo:
      return code == format.code_mask() ? kNan
                                        : std::ldexp(1.0, static_cast<int>(code) - format.bias);
  }
  throw base::InternalError("known kind", "numeric");
}

Code encode(const ScalarFormat& format, double value) {
  switch (format.kind) {
    case Kind::kTwosComplement:
    case Kind::kUnsigned:
    case Kind::kTernary:
      return encode_integer(format, value);
    case Kind::kSign:
      base::require_invariant(!std::isnan(value), "a NaN has a code", "numeric");
      return value < 0.0 ? 0 : 1;
    case Kind::kMinifloat:
      return encode_minifloat(format, value) << format.unused_bits;
    case Kind::kPowerOfTwo:
      return encode_power(format, value);
  }
  throw base::InternalError("known kind", "numeric");
}

double rounded(const ScalarFormat& format, double value) {
  return decode(format, encode(format, value));
}

double largest(const ScalarFormat& format) {
  switch (format.kind) {
    case Kind::kSign:
      return 1.0;
    case Kind::kMinifloat:
      return minifloat_magnitude(format, largest_magnitude(format));
    case Kind::kPowerOfTwo:
      return decode(format, format.code_mask() - 1);
    default:
      return integer_range(format).most;
  }
}

}  // namespace orrery::numeric
