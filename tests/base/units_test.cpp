// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <gtest/gtest.h>

namespace orrery::base {
namespace {

TEST(Rationals, AreReadExactly) {
  EXPECT_EQ(parse_rational("5/6"), Rational(5, 6));
  EXPECT_EQ(parse_rational("0.8333"), Rational(8333, 10000));
  EXPECT_EQ(parse_rational("1.5e3"), Rational(1500));
  EXPECT_EQ(parse_rational("2e-3"), Rational(1, 500));
  EXPECT_EQ(parse_rational("-7"), Rational(-7));
}

TEST(Rationals, RejectWhatIsNotANumber) {
  for (const char* text : {"", "-", "1/0", "1/", "/2", "1.2.3", "nan", "inf", "0x10", "1e", "--1",
                           "1.0000000001", "9999999999.5", "1 000"}) {
    EXPECT_FALSE(parse_rational(text)) << text;
  }
}

TEST(Sizes, AreBinaryOrDecimal) {
  EXPECT_EQ(parse_bytes("24 MiB")->value, 24 * 1024 * 1024);
  EXPECT_EQ(parse_bytes("2 KB")->value, 2000);
  EXPECT_EQ(parse_bytes("0.5 KiB")->value, 512);
  EXPECT_EQ(parse_bytes("64")->value, 64);
  EXPECT_FALSE(parse_bytes("0.3 B"));        // no whole byte
  EXPECT_FALSE(parse_bytes("9000000 TiB"));  // beyond 63 bits
  EXPECT_FALSE(parse_bytes("24 Mib"));       // unknown unit
  EXPECT_FALSE(parse_bytes("MiB"));
}

TEST(Quantities, ReadBackWhatTheyWrite) {
  for (const char* text : {"24 MiB", "1 KB", "1001 B", "3 KiB", "0 B"}) {
    EXPECT_EQ(to_string(*parse_bytes(text)), text);
  }
  for (const char* text : {"940 MHz", "1 GHz", "2666/3 MHz"}) {
    const auto value = parse_frequency(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(parse_frequency(to_string(*value)), value);
  }
  for (const char* text : {"5/6 ns", "20 ns", "1 ps"}) {
    const auto value = parse_duration(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(parse_duration(to_string(*value)), value);
  }
}

TEST(Quantities, ScaleBySiPrefix) {
  EXPECT_DOUBLE_EQ(*parse_quantity("12 mW", "W"), 0.012);
  EXPECT_DOUBLE_EQ(*parse_quantity("0.1 pJ", "J"), 1e-13);
  EXPECT_FALSE(parse_quantity("12 mJ", "W"));
  EXPECT_FALSE(parse_quantity("nan W", "W"));
  EXPECT_FALSE(parse_quantity("inf W", "W"));
}

}  // namespace
}  // namespace orrery::base
