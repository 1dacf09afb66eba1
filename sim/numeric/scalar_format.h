// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace orrery::numeric {

// The code of one element: its bits in memory, the least significant ones of a word.
using Code = std::uint32_t;

// How the bits of one element stand for a number. Every value of every format is a double.
struct ScalarFormat {
  enum class Kind : std::uint8_t {
    kTwosComplement,
    kUnsigned,
    kSign,        // one bit: 0 is -1, 1 is +1
    kTernary,     // two's complement of two bits without -2, whose code has no value
    kMinifloat,   // sign, exponent, mantissa; exponent code 0 is subnormal
    kPowerOfTwo,  // 2^(code - bias); the highest code is NaN
  };
  // Of a minifloat, what codes with the highest exponent are.
  enum class Specials : std::uint8_t {
    kNone,       // numbers
    kInfinites,  // as in IEEE 754: mantissa 0 is infinite, others NaN
    kSingleNan,  // numbers, but for the highest mantissa, which is NaN (OCP E4M3)
  };
  // Of a minifloat, what a value beyond the largest number becomes.
  enum class Overflow : std::uint8_t {
    kInfinite,   // IEEE 754 rounding to nearest even
    kSaturates,  // the largest number; infinite values, too
  };

  Kind kind = Kind::kTwosComplement;
  int bits = 0;  // that it takes in memory
  int exponent_bits = 0;
  int mantissa_bits = 0;
  int bias = 0;
  Specials specials = Specials::kNone;
  Overflow overflow = Overflow::kSaturates;
  int unused_bits = 0;  // below the code, 0 when written and left alone when read

  [[nodiscard]] constexpr bool is_integer() const {
    return kind != Kind::kMinifloat && kind != Kind::kPowerOfTwo;
  }
  [[nodiscard]] constexpr bool is_signed() const {
    return kind != Kind::kUnsigned && kind != Kind::kPowerOfTwo;
  }
  [[nodiscard]] constexpr Code code_mask() const {
    return bits == 32 ? ~Code{0} : (Code{1} << bits) - 1;
  }
};

// The value of a code; NaN where it has none.
[[nodiscard]] double decode(const ScalarFormat& format, Code code);

// The code of the nearest value; of two as near, the one with the even code (with the even mantissa
// of minifloats). Beyond the largest and least: `overflow`; other formats saturate. Integers have
// no negative zero. A NaN takes the format's quiet one and throws base::InternalError where the
// format has none.
[[nodiscard]] Code encode(const ScalarFormat& format, double value);

// decode(encode(value)).
[[nodiscard]] double rounded(const ScalarFormat& format, double value);

// The largest finite value.
[[nodiscard]] double largest(const ScalarFormat& format);

}  // namespace orrery::numeric
