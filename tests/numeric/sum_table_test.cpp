// SPDX-License-Identifier: Apache-2.0
#include "numeric/sum_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "numeric/element_type.h"

namespace orrery::numeric {
namespace {

const BlockFormat& format_of(const std::string& name) {
  for (const ElementTypeInfo& type : element_types()) {
    if (type.name == name) {
      return *type.block;
    }
  }
  throw std::invalid_argument(name);
}

double signed_sum(const std::vector<double>& values, std::uint32_t pattern) {
  double sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += (pattern >> i & 1U) != 0 ? values[i] : -values[i];
  }
  return sum;
}

std::vector<double> integers(base::Random& random, std::int64_t most) {
  std::vector<double> values(4);
  for (double& value : values) {
    value = static_cast<double>(random.integer(-most, most));
  }
  return values;
}

// Through its bits in memory and back.
SumTable stored(const BlockFormat& format, const std::vector<double>& values) {
  return read_sum_table(format, from_bits(format, to_bits(format, encode_block(format, values))));
}

TEST(SumTable, HasTheBitsOfHalfItsSumsAndOfItsScale) {
  EXPECT_EQ(format_of("lut4_int8").bits(), 8 * 8 + 16);
  EXPECT_EQ(format_of("lut4_int16").bits(), 8 * 16);
  EXPECT_EQ(format_of("lut4_fp16").bits(), 8 * 16);
}

TEST(SumTable, FindsEverySumOfIntegersWhereItsEntriesHoldThem) {
  base::Random random(1);
  for (int i = 0; i < 200; ++i) {
    const std::vector<double> values = integers(random, 127);
    for (const char* name : {"lut4_int16", "lut4_fp16"}) {
      const SumTable table = stored(format_of(name), values);
      ASSERT_EQ(table.entries.size(), 8U);
      for (std::uint32_t pattern = 0; pattern < 16; ++pattern) {
        EXPECT_EQ(table.look_up(pattern) * table.scale, signed_sum(values, pattern)) << name;
      }
      EXPECT_EQ(decode_block(format_of(name), encode_block(format_of(name), values)), values);
    }
  }
}

TEST(SumTable, OfEightBitsIsOffByHalfItsScaleAtMostAndByMoreThanAQuarterSomewhere) {
  base::Random random(2);
  double worst = 0.0;
  for (int i = 0; i < 500; ++i) {
    const std::vector<double> values = integers(random, 1000);
    const SumTable table = stored(format_of("lut4_int8"), values);
    double largest = 0.0;
    for (std::uint32_t pattern = 0; pattern < 16; ++pattern) {
      const double sum = signed_sum(values, pattern);
      const double error = std::abs(table.look_up(pattern) * table.scale - sum);
      EXPECT_LE(error, table.scale / 2 + 1e-9);
      worst = std::max(worst, error / table.scale);
      largest = std::max(largest, std::abs(sum));
    }
    // The largest sum is 127 steps, but for the rounding of the scale to fp16.
    EXPECT_NEAR(table.scale, largest / 127, largest / 127 / 1024);
  }
  EXPECT_GT(worst, 0.25);
}

TEST(SumTable, OfZerosIsZero) {
  const SumTable table = stored(format_of("lut4_int8"), {0, 0, 0, 0});
  EXPECT_EQ(table.scale, 0.0);
  EXPECT_EQ(table.look_up(5), 0.0);
}

}  // namespace
}  // namespace orrery::numeric
