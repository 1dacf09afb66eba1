// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "numeric/scalar_format.h"

namespace orrery::numeric {

struct ScalarType {
  std::string_view name;  // as written in files
  ScalarFormat format;
};

[[nodiscard]] constexpr ScalarFormat twos_complement(int bits) {
  return {.kind = ScalarFormat::Kind::kTwosComplement, .bits = bits};
}

[[nodiscard]] constexpr ScalarFormat minifloat(int exponent_bits, int mantissa_bits, int bias,
                                               ScalarFormat::Specials specials,
                                               ScalarFormat::Overflow overflow,
                                               int unused_bits = 0) {
  return {.kind = ScalarFormat::Kind::kMinifloat,
          .bits = 1 + exponent_bits + mantissa_bits + unused_bits,
          .exponent_bits = exponent_bits,
          .mantissa_bits = mantissa_bits,
          .bias = bias,
          .specials = specials,
          .overflow = overflow,
          .unused_bits = unused_bits};
}

namespace scalar_types {
using enum ScalarFormat::Specials;
using enum ScalarFormat::Overflow;

// All scalar types. Their places are their numbers in the binary form of command streams: new ones
// go to the end. FP4, FP6 and E8M0: OCP Microscaling Formats 1.0, 5.3 and 5.4, FP8: OCP 8-bit
// Floating Point 1.0, 5.2, both with saturating conversion.
inline constexpr std::array kAll{
    ScalarType{"int4", twos_complement(4)},
    ScalarType{"int8", twos_complement(8)},
    ScalarType{"int16", twos_complement(16)},
    ScalarType{"int32", twos_complement(32)},
    ScalarType{"fp8_e4m3", minifloat(4, 3, 7, kSingleNan, kSaturates)},
    ScalarType{"fp16", minifloat(5, 10, 15, kInfinites, kInfinite)},
    ScalarType{"bf16", minifloat(8, 7, 127, kInfinites, kInfinite)},
    ScalarType{"fp32", minifloat(8, 23, 127, kInfinites, kInfinite)},
    ScalarType{"int1", {.kind = ScalarFormat::Kind::kSign, .bits = 1}},
    ScalarType{"int2", twos_complement(2)},
    ScalarType{"int3", twos_complement(3)},
    ScalarType{"int5", twos_complement(5)},
    ScalarType{"int6", twos_complement(6)},
    ScalarType{"int7", twos_complement(7)},
    ScalarType{"int9", twos_complement(9)},
    ScalarType{"int10", twos_complement(10)},
    ScalarType{"int11", twos_complement(11)},
    ScalarType{"int12", twos_complement(12)},
    ScalarType{"int13", twos_complement(13)},
    ScalarType{"int14", twos_complement(14)},
    ScalarType{"int15", twos_complement(15)},
    ScalarType{"ternary", {.kind = ScalarFormat::Kind::kTernary, .bits = 2}},
    ScalarType{"fp4_e2m1", minifloat(2, 1, 1, kNone, kSaturates)},
    ScalarType{"fp6_e3m2", minifloat(3, 2, 3, kNone, kSaturates)},
    ScalarType{"fp6_e2m3", minifloat(2, 3, 1, kNone, kSaturates)},
    ScalarType{"fp8_e5m2", minifloat(5, 2, 15, kInfinites, kSaturates)},
    // The upper 19 bits of a word of 32.
    ScalarType{"tf32", minifloat(8, 10, 127, kInfinites, kInfinite, 13)},
};

}  // namespace scalar_types

// The place of a name in scalar_types::kAll.
[[nodiscard]] consteval std::size_t scalar_index(std::string_view name) {
  for (std::size_t i = 0; i < scalar_types::kAll.size(); ++i) {
    if (scalar_types::kAll[i].name == name) {
      return i;
    }
  }
  throw "no such scalar type";
}

}  // namespace orrery::numeric
