// SPDX-License-Identifier: Apache-2.0
#include "base/interval_sums.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "base/error.h"

namespace orrery::base {
namespace {

constexpr Femtoseconds kWidth = IntervalSums::kFirstWidth;
using Sums = std::vector<std::int64_t>;

TEST(IntervalSums, SpreadAnAmountEvenly) {
  IntervalSums sums;
  sums.add(kWidth / 2, 3 * kWidth, 10);  // 2.5 intervals: a fifth, two fifths, two fifths
  EXPECT_EQ(sums.sums(kWidth, 4), (Sums{2, 4, 4, 0}));
}

TEST(IntervalSums, GiveWhatTakesNoTimeToItsInterval) {
  IntervalSums sums;
  sums.add(kWidth - 1, kWidth - 1, 7);
  sums.add(kWidth, kWidth, 5);
  EXPECT_EQ(sums.sums(kWidth, 2), (Sums{7, 5}));
}

TEST(IntervalSums, RoundWithoutLosingAnything) {
  IntervalSums sums;
  sums.add(0, 3 * kWidth, 10);  // by thirds: 3.3 and 6.7 rounded down, and the rest
  EXPECT_EQ(sums.sums(kWidth, 3), (Sums{3, 3, 4}));
}

TEST(IntervalSums, MergeIntervalsWhenTheLastIsLeft) {
  IntervalSums sums;
  sums.add(0, kWidth, 1);
  sums.add(kWidth, 2 * kWidth, 2);
  sums.add(2 * kWidth, 2 * kWidth, 3);
  sums.add(256 * kWidth - 1, 256 * kWidth - 1, 4);
  EXPECT_EQ(sums.width(), kWidth);
  sums.add(256 * kWidth, 256 * kWidth, 5);
  EXPECT_EQ(sums.width(), 2 * kWidth);
  const Sums found = sums.sums(2 * kWidth, 129);
  EXPECT_EQ((Sums{found[0], found[1], found[127], found[128]}), (Sums{3, 3, 4, 5}));
}

TEST(IntervalSums, CountWhatComesLateInTheLastInterval) {
  IntervalSums sums;
  sums.add(0, 0, 1);
  sums.add(9 * kWidth, 9 * kWidth, 2);
  EXPECT_EQ(sums.sums(4 * kWidth, 2), (Sums{1, 2}));
}

// Whatever was merged on the way: the amounts that the same spans have at the last width.
TEST(IntervalSums, DoNotDependOnTheOrder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    struct Part {
      Femtoseconds begin, end;
      std::int64_t amount;
    };
    std::vector<Part> parts;
    std::int64_t total = 0;
    for (int i = 0; i < 40; ++i) {
      const auto begin = static_cast<Femtoseconds>(random() % (1ULL << (20 + random() % 20)));
      const auto length = static_cast<Femtoseconds>(random() % (1ULL << (20 + random() % 15)));
      parts.push_back({begin, begin + length, static_cast<std::int64_t>(random() % 100'000)});
      total += parts.back().amount;
    }
    IntervalSums forward;
    IntervalSums backward;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& first = parts[i];
      const Part& last = parts[parts.size() - 1 - i];
      forward.add(first.begin, first.end, first.amount);
      backward.add(last.begin, last.end, last.amount);
    }
    ASSERT_EQ(forward.width(), backward.width());
    const Sums found = forward.sums(forward.width(), IntervalSums::kIntervals);
    EXPECT_EQ(found, backward.sums(forward.width(), IntervalSums::kIntervals));
    EXPECT_EQ(std::accumulate(found.begin(), found.end(), std::int64_t{0}), total);
  }
}

TEST(IntervalSums, RefuseSpansThatEndBeforeTheyBegin) {
  IntervalSums sums;
  EXPECT_THROW(sums.add(5, 4, 1), InternalError);
}

}  // namespace
}  // namespace orrery::base
