// SPDX-License-Identifier: Apache-2.0
#include "numeric/block_format.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "numeric/element_type.h"

namespace orrery::numeric {
namespace {

using ::testing::ElementsAre;
using Values = std::vector<double>;

const BlockFormat& format_of(const std::string& name) {
  for (const BlockType& type : block_types()) {
    if (type.name == name) {
      return type.format;
    }
  }
  throw base::InternalError("known block type", name);
}

Values random_values(base::Random& random, int count) {
  const auto exponent = static_cast<int>(random.integer(-12, 6));
  Values values;
  for (int i = 0; i < count; ++i) {
    values.push_back(random.real() < 0.1 ? 0.0 : std::ldexp(random.real() * 2 - 1, exponent));
  }
  return values;
}

// The values that elements may have before scaling, written down by hand.
Values grid_of(const std::string& element) {
  Values grid;
  const auto both = [&](double value) {
    grid.push_back(value);
    grid.push_back(-value);
  };
  if (element == "e2m1") {
    std::ranges::for_each(Values{0, 0.5, 1, 1.5, 2, 3, 4, 6}, both);
  } else if (element == "fp3") {
    std::ranges::for_each(Values{0, 1, 2, 4}, both);
  } else if (element == "e2m3") {
    for (int i = 0; i < 8; ++i) {
      std::ranges::for_each(Values{i / 8.0, 1 + i / 8.0, 2 + i / 4.0, 4 + i / 2.0}, both);
    }
  } else if (element == "e3m2") {
    for (int i = 0; i < 4; ++i) {
      both(i / 16.0);
      for (int e = -2; e <= 4; ++e) {
        both(std::pow(2.0, e) * (1 + i / 4.0));
      }
    }
  } else if (element == "mxint8") {
    for (int i = -128; i < 128; ++i) {
      grid.push_back(i / 64.0);
    }
  }
  return grid;
}

double nearest_distance(const Values& grid, double value) {
  double best = std::numeric_limits<double>::infinity();
  for (const double one : grid) {
    best = std::min(best, std::abs(one - value));
  }
  return best;
}

TEST(BlockFormat, TakesItsBitsBackFromMemory) {
  base::Random random(1);
  for (const BlockType& type : block_types()) {
    for (int i = 0; i < 20; ++i) {
      const Block block = encode_block(type.format, random_values(random, type.format.elements));
      const std::vector<bool> bits = to_bits(type.format, block);
      ASSERT_EQ(static_cast<int>(bits.size()), type.format.bits()) << type.name;
      ASSERT_EQ(from_bits(type.format, bits), block) << type.name;
    }
  }
}

// What has been rounded once is not rounded again, as long as the scale is found again: not where
// an integer is -128, which is the power of two above all others.
TEST(BlockFormat, EncodesMicroscaledValuesToThemselves) {
  base::Random random(2);
  for (const BlockType& type : block_types()) {
    if (type.format.rule != BlockFormat::ScaleRule::kPowerOfTwo) {
      continue;
    }
    for (int i = 0; i < 50; ++i) {
      const Block block = encode_block(type.format, random_values(random, type.format.elements));
      if (type.format.element.is_integer() && std::ranges::count(block.codes, 0x80U) > 0) {
        continue;
      }
      const Values values = decode_block(type.format, block);
      ASSERT_EQ(decode_block(type.format, encode_block(type.format, values)), values) << type.name;
    }
  }
}

// OCP Microscaling Formats 1.0, 6.3: X = 2^(floor(log2 max) - emax), elements nearest to V / X.
TEST(BlockFormat, FollowsTheMicroscalingStandard) {
  struct Row {
    const char* name;
    const char* grid;
    int largest_exponent;  // emax, section 5.3
    double largest;
    double least;
  };
  base::Random random(3);
  for (const Row& row :
       {Row{"mxfp4", "e2m1", 2, 6.0, -6.0}, Row{"mxfp6_e2m3", "e2m3", 2, 7.5, -7.5},
        Row{"mxfp6_e3m2", "e3m2", 4, 28.0, -28.0}, Row{"mxint8", "mxint8", 0, 127.0 / 64, -2.0}}) {
    const BlockFormat& format = format_of(row.name);
    for (int i = 0; i < 100; ++i) {
      const Values values = random_values(random, 32);
      double most = 0.0;
      for (const double value : values) {
        most = std::max(most, std::abs(value));
      }
      if (most == 0.0) {
        continue;
      }
      const double scale = std::pow(2.0, std::floor(std::log2(most)) - row.largest_exponent);
      const Block block = encode_block(format, values);
      ASSERT_EQ(decode(format.scale, block.scale), scale);
      const Values decoded = decode_block(format, block);
      for (std::size_t k = 0; k < values.size(); ++k) {
        const double target = std::clamp(values[k] / scale, row.least, row.largest);
        ASSERT_EQ(std::abs(decoded[k] / scale - target),
                  nearest_distance(grid_of(row.grid), target))
            << row.name << " " << values[k];
      }
    }
  }
}

TEST(BlockFormat, KeepsAnEmptyBlockEmpty) {
  for (const BlockType& type : block_types()) {
    const Values zeros(static_cast<std::size_t>(type.format.elements), 0.0);
    EXPECT_EQ(decode_block(type.format, encode_block(type.format, zeros)), zeros) << type.name;
  }
}

TEST(BlockFormat, ClampsScalesOfExtremeBlocks) {
  const BlockFormat& mxfp4 = format_of("mxfp4");
  Values values(32, 0.0);
  values[0] = std::ldexp(1.0, -140);  // scale 2^-127 at least, step 2^-128
  EXPECT_EQ(encode_block(mxfp4, values).scale, 0U);
  EXPECT_EQ(decode_block(mxfp4, encode_block(mxfp4, values))[0], 0.0);
  values[0] = std::ldexp(1.0, 200);  // scale 2^127 at most, six times that
  EXPECT_EQ(encode_block(mxfp4, values).scale, 254U);
  EXPECT_EQ(decode_block(mxfp4, encode_block(mxfp4, values))[0], std::ldexp(6.0, 127));
}

TEST(BlockFormat, ScalesNvfp4ByAnE4m3Number) {
  const BlockFormat& format = format_of("nvfp4");
  Values values(16, 0.0);
  values[0] = 6.0;   // scale 1
  values[1] = -2.6;  // nearest of 2 and 3
  values[2] = 1.25;  // the middle of 1 and 1.5: code 2, even, is 1
  const Block block = encode_block(format, values);
  EXPECT_EQ(decode(format.scale, block.scale), 1.0);
  const Values decoded = decode_block(format, block);
  EXPECT_EQ(decoded[0], 6.0);
  EXPECT_EQ(decoded[1], -3.0);
  EXPECT_EQ(decoded[2], 1.0);
  // 10 / 6 = 1.667, E4M3 has steps of 1/8 there: 1.625 or 1.75, nearer 1.625.
  values[0] = 10.0;
  EXPECT_EQ(decode(format.scale, encode_block(format, values).scale), 1.625);
}

TEST(BlockFormat, ScalesSymmetricGroupsByTheirLargestMagnitude) {
  const BlockFormat& format = format_of("int4_g32_fp16");
  Values values(32, 0.0);
  values[0] = -3.5;  // scale 3.5 / 7 = 0.5
  values[1] = 1.2;   // 2.4 steps
  values[2] = 0.75;  // 1.5 steps: even, 2
  const Values decoded = decode_block(format, encode_block(format, values));
  EXPECT_EQ(decoded[0], -3.5);
  EXPECT_EQ(decoded[1], 1.0);
  EXPECT_EQ(decoded[2], 1.0);
  EXPECT_EQ(decoded[3], 0.0);
}

TEST(BlockFormat, ScalesAsymmetricGroupsByTheirRange) {
  const BlockFormat& format = format_of("int2_g32_fp16_zero");
  Values values(32, 0.0);
  values[0] = -1.0;
  values[1] = 2.0;  // scale 3 / 3 = 1, zero point 1
  values[2] = 0.7;
  const Block block = encode_block(format, values);
  EXPECT_EQ(block.zero_point, 1U);
  EXPECT_THAT(Values(block.codes.begin(), block.codes.begin() + 4), ElementsAre(0, 3, 2, 1));
  const Values decoded = decode_block(format, block);
  EXPECT_EQ(decoded[0], -1.0);
  EXPECT_EQ(decoded[1], 2.0);
  EXPECT_EQ(decoded[2], 1.0);
}

TEST(BlockFormat, KeepsIntegerScalesAboveZero) {
  const BlockFormat& format = format_of("int4_g32_int8");
  Values values(32, 0.0);
  values[0] = 2.0;  // 2 / 7 rounds to 0
  const Block block = encode_block(format, values);
  EXPECT_EQ(block.scale, 1U);
  EXPECT_EQ(decode_block(format, block)[0], 2.0);
  values[0] = 700.0;  // scale 100
  values[1] = -260.0;
  EXPECT_EQ(decode_block(format, encode_block(format, values))[0], 700.0);
  EXPECT_EQ(decode_block(format, encode_block(format, values))[1], -300.0);
}

// All groups of integers against the nearest multiple of their own scale.
TEST(BlockFormat, TakesTheNearestStepOfGroupsOfIntegers) {
  base::Random random(4);
  for (const BlockType& type : block_types()) {
    const BlockFormat& format = type.format;
    if (!format.element.is_integer() || format.rule == BlockFormat::ScaleRule::kPowerOfTwo ||
        format.table_entry) {
      continue;
    }
    Values values = random_values(random, format.elements);
    for (double& value : values) {
      value *= 64.0;
    }
    const Block block = encode_block(format, values);
    const double scale = decode(format.scale, block.scale);
    const Values decoded = decode_block(format, block);
    const double zero = format.zero_point ? static_cast<double>(block.zero_point) : 0.0;
    const double codes = std::pow(2.0, format.element.bits);
    const double least = format.zero_point ? 0.0 : -codes / 2;
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double step = std::clamp(values[k] / scale + zero, least, least + codes - 1) - zero;
      ASSERT_LE(std::abs(decoded[k] / scale - step), 0.5) << type.name;
      ASSERT_EQ(decoded[k] / scale, std::round(decoded[k] / scale)) << type.name;
    }
  }
}

// BitMoD, arXiv 2411.11745, section III: the special value of a group is that with the least error.
TEST(BlockFormat, TakesTheBestSpecialValueOfAGroup) {
  struct Row {
    const char* name;
    const char* grid;
    Values special;
    double largest;
  };
  base::Random random(5);
  for (const Row& row : {Row{"bitmod_fp3", "fp3", {3, -3, 6, -6}, 4},
                         Row{"bitmod_fp4", "e2m1", {5, -5, 8, -8}, 6}}) {
    const BlockFormat& format = format_of(row.name);
    std::vector<int> taken(4);
    for (int i = 0; i < 60; ++i) {
      Values values = random_values(random, 128);
      const double skew = random.real() * 2 - 1;
      for (double& value : values) {
        value = (value + skew * std::abs(value)) * 4096.0;
      }
      const Block block = encode_block(format, values);
      const Values decoded = decode_block(format, block);
      std::vector<double> errors;
      for (const double special : row.special) {
        Values grid = grid_of(row.grid);
        grid.push_back(special);
        double most = 0.0;
        for (const double value : values) {
          most = std::max(most, std::abs(value));
        }
        const double exact = most / std::max(row.largest, std::abs(special));
        const double scale = std::clamp(std::nearbyint(exact), 1.0, 127.0);
        double error = 0.0;
        for (const double value : values) {
          const double distance = nearest_distance(grid, value / scale) * scale;
          error += distance * distance;
        }
        errors.push_back(error);
      }
      double error = 0.0;
      for (std::size_t k = 0; k < values.size(); ++k) {
        error += (decoded[k] - values[k]) * (decoded[k] - values[k]);
      }
      const double best = *std::min_element(errors.begin(), errors.end());
      ASSERT_NEAR(error, best, best * 1e-9) << row.name;
      ++taken[block.selector];
    }
    EXPECT_GT(*std::min_element(taken.begin(), taken.end()), 0) << row.name;
  }
}

TEST(BlockFormat, PutsTheSpecialValueInPlaceOfTheNegativeZero) {
  const BlockFormat& format = format_of("bitmod_fp3");
  Values values(128, 0.0);
  values[0] = 6.0;
  values[1] = 4.0;
  values[2] = -1.0;
  const Block block = encode_block(format, values);
  EXPECT_EQ(block.selector, 2U);  // +6: with +3 the scale would be 2, and -1 lost
  EXPECT_EQ(block.scale, 1U);
  EXPECT_THAT(std::vector<Code>(block.codes.begin(), block.codes.begin() + 4),
              ElementsAre(4, 3, 5, 0));
  EXPECT_EQ(decode_block(format, block), values);
}

TEST(BlockFormat, LaysMetadataBehindTheCodes) {
  const BlockFormat& format = format_of("int2_g32_fp16_zero");
  Block block;
  block.codes.assign(32, 0);
  block.codes[1] = 3;
  block.scale = 0x8001;
  block.zero_point = 0x81;
  const std::vector<bool> bits = to_bits(format, block);
  ASSERT_EQ(bits.size(), 88U);  // 64 + 16 + 8
  std::vector<std::size_t> ones;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) {
      ones.push_back(i);
    }
  }
  EXPECT_THAT(ones, ElementsAre(2, 3, 64, 79, 80, 87));
}

}  // namespace
}  // namespace orrery::numeric
