// SPDX-License-Identifier: Apache-2.0
#include "numeric/scalar_format.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "numeric/element_type.h"

namespace orrery::numeric {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

const ScalarFormat& format_of(const std::string& name) {
  for (const ElementTypeInfo& info : element_types()) {
    if (info.name == name) {
      return info.format;
    }
  }
  throw base::InternalError("known type", name);
}

double value_of(const std::string& name, Code code) {
  return decode(format_of(name), code);
}

bool is_short(const ScalarType& type) {
  return type.format.bits <= 16;
}

// Formats without negative zero give an integer back; infinite values of saturating formats do not
// come back (OCP 8-bit Floating Point 1.0, 5.2.1: saturating conversion).
bool comes_back(const ScalarFormat& format, double value) {
  return !std::isnan(value) &&
         !(std::isinf(value) && format.overflow == ScalarFormat::Overflow::kSaturates);
}

TEST(ScalarFormat, GivesEveryCodeBack) {
  for (const ScalarType& type : scalar_types::kAll) {
    if (!is_short(type)) {
      continue;
    }
    for (Code code = 0; code <= type.format.code_mask(); ++code) {
      const double value = decode(type.format, code);
      if (comes_back(type.format, value)) {
        ASSERT_EQ(encode(type.format, value), code) << type.name << " " << value;
      }
    }
  }
}

TEST(ScalarFormat, HasAsManyValuesAsItsStandardSays) {
  // Codes without a finite value: NaN and infinite ones of IEEE formats 2^(mantissa bits + 1).
  const std::map<std::string, int, std::less<>> missing{
      {"ternary", 1}, {"fp8_e4m3", 2}, {"fp8_e5m2", 8}, {"fp16", 2048}, {"bf16", 256},
  };
  for (const ScalarType& type : scalar_types::kAll) {
    if (!is_short(type)) {
      continue;
    }
    int count = 0;
    for (Code code = 0; code <= type.format.code_mask(); ++code) {
      count += std::isfinite(decode(type.format, code)) ? 0 : 1;
    }
    const auto found = missing.find(type.name);
    EXPECT_EQ(count, found == missing.end() ? 0 : found->second) << type.name;
  }
}

// IEEE 754 and OCP by their definitions: (-1)^s 2^(e - bias) (1 + m / 2^M), subnormal at e = 0.
TEST(ScalarFormat, DecodesMinifloatsByTheirDefinition) {
  struct Row {
    const char* name;
    int exponent_bits, mantissa_bits, bias;
  };
  for (const Row& row :
       {Row{"fp4_e2m1", 2, 1, 1}, Row{"fp6_e3m2", 3, 2, 3}, Row{"fp6_e2m3", 2, 3, 1},
        Row{"fp8_e4m3", 4, 3, 7}, Row{"fp8_e5m2", 5, 2, 15}, Row{"fp16", 5, 10, 15},
        Row{"bf16", 8, 7, 127}}) {
    const Code codes = Code{1} << (1 + row.exponent_bits + row.mantissa_bits);
    for (Code code = 0; code < codes; ++code) {
      const double value = value_of(row.name, code);
      if (!std::isfinite(value)) {
        continue;
      }
      const double steps = std::pow(2.0, row.mantissa_bits);
      const double mantissa = static_cast<double>(code % (1U << row.mantissa_bits)) / steps;
      const auto exponent =
          static_cast<int>(code >> row.mantissa_bits & ((1U << row.exponent_bits) - 1));
      const double magnitude = exponent == 0 ? std::pow(2.0, 1 - row.bias) * mantissa
                                             : std::pow(2.0, exponent - row.bias) * (1 + mantissa);
      ASSERT_EQ(value, code >= codes / 2 ? -magnitude : magnitude) << row.name << " " << code;
      ASSERT_EQ(std::signbit(value), code >= codes / 2) << row.name << " " << code;
    }
  }
}

TEST(ScalarFormat, DecodesWordsAsTheProcessorDoes) {
  base::Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto code = static_cast<Code>(random.bits());
    const auto number = std::bit_cast<float>(code);
    const double value = value_of("fp32", code);
    if (std::isnan(number)) {
      ASSERT_TRUE(std::isnan(value)) << code;
      continue;
    }
    ASSERT_EQ(value, static_cast<double>(number)) << code;
    ASSERT_EQ(encode(format_of("fp32"), value), code);
    const double other =
        std::ldexp(random.real() - 0.5, static_cast<int>(random.integer(-160, 130)));
    ASSERT_EQ(encode(format_of("fp32"), other), std::bit_cast<Code>(static_cast<float>(other)));
  }
}

TEST(ScalarFormat, HasTheLargestAndLeastNumbersOfTheStandards) {
  EXPECT_EQ(largest(format_of("fp4_e2m1")), 6.0);  // OCP MX 1.0, 5.3.3
  EXPECT_EQ(value_of("fp4_e2m1", 1), 0.5);
  EXPECT_EQ(largest(format_of("fp6_e2m3")), 7.5);  // 5.3.2
  EXPECT_EQ(value_of("fp6_e2m3", 1), 0.125);
  EXPECT_EQ(largest(format_of("fp6_e3m2")), 28.0);
  EXPECT_EQ(value_of("fp6_e3m2", 1), 0.0625);
  EXPECT_EQ(largest(format_of("fp8_e4m3")), 448.0);  // OCP FP8 1.0, table 1
  EXPECT_EQ(value_of("fp8_e4m3", 1), 0.001953125);   // 2^-9
  EXPECT_EQ(largest(format_of("fp8_e5m2")), 57344.0);
  EXPECT_EQ(value_of("fp8_e5m2", 1), 1.52587890625e-05);   // 2^-16
  EXPECT_EQ(largest(format_of("fp16")), 65504.0);          // IEEE 754 binary16
  EXPECT_EQ(value_of("fp16", 1), 5.9604644775390625e-08);  // 2^-24
  EXPECT_EQ(value_of("fp16", 0x3555), 0.333251953125);
  EXPECT_EQ(value_of("bf16", 0x4049), 3.140625);
  EXPECT_EQ(value_of("fp16", 0x7c00), kInfinite);
  EXPECT_TRUE(std::isnan(value_of("fp16", 0x7e00)));
  EXPECT_TRUE(std::isnan(value_of("fp8_e4m3", 0x7f)));
  EXPECT_EQ(value_of("fp8_e5m2", 0x7c), kInfinite);
  EXPECT_EQ(largest(format_of("tf32")), std::ldexp(2047.0, 117));  // (2 - 2^-10) 2^127
}

TEST(ScalarFormat, DecodesIntegers) {
  EXPECT_EQ(value_of("int1", 0), -1.0);
  EXPECT_EQ(value_of("int1", 1), 1.0);
  EXPECT_EQ(value_of("ternary", 3), -1.0);
  EXPECT_TRUE(std::isnan(value_of("ternary", 2)));
  for (int bits = 2; bits <= 16; ++bits) {
    const std::string name = "int" + std::to_string(bits);
    const Code half = Code{1} << (bits - 1);
    EXPECT_EQ(value_of(name, half - 1), static_cast<double>(half) - 1.0);
    EXPECT_EQ(value_of(name, half), -static_cast<double>(half));
    EXPECT_EQ(value_of(name, 2 * half - 1), -1.0);
  }
  EXPECT_EQ(value_of("int32", 0x80000000U), -2147483648.0);
}

TEST(ScalarFormat, RoundsMidpointsToEvenCodes) {
  for (const ScalarType& type : scalar_types::kAll) {
    if (!is_short(type) || type.format.bits < 2) {
      continue;
    }
    for (Code code = 0; code < type.format.code_mask(); ++code) {
      const double low = decode(type.format, code);
      const double high = decode(type.format, code + 1);
      const bool neighbours = std::isfinite(low) && std::isfinite(high) && low != high &&
                              std::signbit(low) == std::signbit(high);
      if (!neighbours) {
        continue;
      }
      const double middle = (low + high) / 2;
      const Code even = code % 2 == 0 ? code : code + 1;
      ASSERT_EQ(encode(type.format, middle), even) << type.name << " " << middle;
      ASSERT_EQ(encode(type.format, std::nextafter(middle, low)), code) << type.name;
      ASSERT_EQ(encode(type.format, std::nextafter(middle, high)), code + 1) << type.name;
    }
  }
}

TEST(ScalarFormat, RoundsToTheNearestOfAllValues) {
  base::Random random(2);
  for (const ScalarType& type : scalar_types::kAll) {
    if (type.format.bits > 8) {
      continue;
    }
    for (int i = 0; i < 300; ++i) {
      const double value =
          (random.real() * 2 - 1) * largest(type.format) * (i % 2 == 0 ? 0.01 : 1.0);
      double best = kInfinite;
      for (Code code = 0; code <= type.format.code_mask(); ++code) {
        const double error = std::abs(decode(type.format, code) - value);
        best = error < best ? error : best;
      }
      ASSERT_EQ(std::abs(rounded(type.format, value) - value), best) << type.name << " " << value;
    }
  }
}

TEST(ScalarFormat, OverflowsAsItsStandardSays) {
  EXPECT_EQ(rounded(format_of("int8"), 1000.0), 127.0);
  EXPECT_EQ(rounded(format_of("int8"), -kInfinite), -128.0);
  EXPECT_EQ(rounded(format_of("ternary"), -7.0), -1.0);
  EXPECT_EQ(rounded(format_of("int1"), -0.25), -1.0);
  EXPECT_EQ(rounded(format_of("int1"), 0.0), 1.0);
  EXPECT_EQ(rounded(format_of("fp4_e2m1"), 100.0), 6.0);
  EXPECT_EQ(rounded(format_of("fp8_e4m3"), -1e9), -448.0);
  EXPECT_EQ(rounded(format_of("fp8_e5m2"), kInfinite), 57344.0);
  // The midpoint between 65504 and 65536, which is not there, rounds to the even one.
  EXPECT_EQ(rounded(format_of("fp16"), std::nextafter(65520.0, 0.0)), 65504.0);
  EXPECT_EQ(rounded(format_of("fp16"), 65520.0), kInfinite);
  EXPECT_EQ(rounded(format_of("bf16"), -1e300), -kInfinite);
}

TEST(ScalarFormat, KeepsNanWhereThereIsOne) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* name : {"fp8_e4m3", "fp8_e5m2", "fp16", "bf16", "fp32", "tf32"}) {
    EXPECT_TRUE(std::isnan(rounded(format_of(name), nan))) << name;
  }
  EXPECT_THROW((void)encode(format_of("fp4_e2m1"), nan), base::InternalError);
  EXPECT_THROW((void)encode(format_of("int4"), nan), base::InternalError);
}

TEST(ScalarFormat, KeepsTf32InTheUpperBitsOfAWord) {
  const ScalarFormat& tf32 = format_of("tf32");
  base::Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    const double value =
        std::ldexp(random.real() - 0.5, static_cast<int>(random.integer(-100, 100)));
    const Code code = encode(tf32, value);
    ASSERT_EQ(code % (1U << 13), 0U);
    // A float with 13 zeros behind is the same number.
    ASSERT_EQ(decode(tf32, code), static_cast<double>(std::bit_cast<float>(code)));
    ASSERT_EQ(encode(tf32, decode(tf32, code)), code);
    // Half a unit of the last of 11 bits.
    ASSERT_LE(std::abs(decode(tf32, code) - value), std::abs(value) / 2048);
  }
}

TEST(ScalarFormat, TakesTheNearestPowerOfTwoAsAScale) {
  const ScalarFormat& e8m0 = block_types().front().format.scale;
  for (Code code = 0; code < 255; ++code) {
    const double value = decode(e8m0, code);
    ASSERT_EQ(value, std::pow(2.0, static_cast<double>(code) - 127.0));
    ASSERT_EQ(encode(e8m0, value), code);
    if (code < 254) {
      ASSERT_EQ(encode(e8m0, 1.5 * value), code % 2 == 0 ? code : code + 1);
      ASSERT_EQ(encode(e8m0, std::nextafter(1.5 * value, 0.0)), code);
    }
  }
  EXPECT_TRUE(std::isnan(decode(e8m0, 255)));
  EXPECT_EQ(encode(e8m0, std::numeric_limits<double>::quiet_NaN()), 255U);
  EXPECT_EQ(encode(e8m0, 1e300), 254U);
  EXPECT_EQ(encode(e8m0, 1e-300), 0U);
}

}  // namespace
}  // namespace orrery::numeric
