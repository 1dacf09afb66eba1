// SPDX-License-Identifier: Apache-2.0
#include "requests/length_distribution.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace orrery::requests {
namespace {

constexpr std::int64_t kParts = LengthQuantiles::kParts;

TEST(LengthQuantiles, AreLinearBetweenThePointsAndRounded) {
  const LengthQuantiles lengths({{0, 10}, {500, 20}, {1000, 21}});
  EXPECT_EQ(lengths.at(0), 10);
  EXPECT_EQ(lengths.at(kParts / 4), 15);          // half of the way from 10 to 20
  EXPECT_EQ(lengths.at(kParts / 2), 20);          // exactly a point
  EXPECT_EQ(lengths.at(kParts * 3 / 4), 21);      // 20.5, rounded up
  EXPECT_EQ(lengths.at(kParts * 3 / 4 - 1), 20);  // just below 20.5
  EXPECT_EQ(lengths.at(kParts - 1), 21);          // the last position is still inside
  // 500 * (10 + 20) + 500 * (20 + 21) = 15,000 + 20,500: a mean of 17.75.
  EXPECT_EQ(lengths.mean_times_2000(), 35'500);
}

TEST(LengthQuantiles, AConstantIsAConstant) {
  const LengthQuantiles lengths({{0, 7}, {1000, 7}});
  base::Random random(3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(lengths.draw(random), 7);
  }
}

TEST(LengthQuantiles, HoldTheLongestLengthsWithoutOverflow) {
  const std::int64_t most = (1LL << 31) - 1;
  const LengthQuantiles lengths({{0, 1}, {1000, most}});
  // (2^31 - 2) * (10^9 - 1) / 10^9 + 1 = 2147483644.85 rounded.
  EXPECT_EQ(lengths.at(kParts - 1), most - 2);
}

TEST(LengthQuantiles, RefusePointsThatDoNotAscend) {
  EXPECT_THROW(LengthQuantiles({{0, 1}}), base::InternalError);
  EXPECT_THROW(LengthQuantiles({{0, 1}, {900, 2}}), base::InternalError);
  EXPECT_THROW(LengthQuantiles({{0, 3}, {1000, 2}}), base::InternalError);
  EXPECT_THROW(LengthQuantiles({{0, 1}, {500, 2}, {500, 3}, {1000, 4}}), base::InternalError);
}

}  // namespace
}  // namespace orrery::requests
