// SPDX-License-Identifier: Apache-2.0
#include "requests/batch_snapshot.h"

#include <gmock/gmock.h>

namespace orrery::requests {
namespace {

using testing::Each;
using testing::ElementsAre;

// The same request over and over.
LengthSource always(std::int64_t prompt, std::int64_t output) {
  return [=](base::Random&) { return RequestLengths{prompt, output}; };
}

BatchSettings settings_of(std::int64_t warm_up, std::int64_t snapshot) {
  BatchSettings settings;
  settings.batch = 3;
  settings.warm_up = warm_up;
  settings.snapshot = snapshot;
  return settings;
}

TEST(BatchSnapshot, RequestsGrowByTenTokensACycleAndAreReplaced) {
  // 25 tokens of output: 10, 20, then 30 >= 25, replaced; every third cycle begins anew.
  EXPECT_THAT(batch_contexts(always(100, 25), settings_of(0, 0)), Each(100));
  EXPECT_THAT(batch_contexts(always(100, 25), settings_of(1, 0)), Each(110));
  EXPECT_THAT(batch_contexts(always(100, 25), settings_of(2, 0)), Each(120));
  EXPECT_THAT(batch_contexts(always(100, 25), settings_of(3, 0)), Each(100));
  // An output of exactly 20 is finished after two cycles.
  EXPECT_THAT(batch_contexts(always(100, 20), settings_of(2, 0)), Each(100));
}

TEST(BatchSnapshot, SnapshotsLieFiftyCyclesApart) {
  // Cycle 1 + 2 * 50 = 101; 101 mod 3 = 2 cycles since the last replacement.
  EXPECT_THAT(batch_contexts(always(100, 25), settings_of(1, 2)), Each(120));
}

TEST(BatchSnapshot, ContextsAreCapped) {
  BatchSettings settings = settings_of(5, 0);
  settings.cap = 130;
  // 100 + 50 tokens.
  EXPECT_THAT(batch_contexts(always(100, 1000), settings), Each(130));
}

TEST(BatchSnapshot, ReplacesOnlyWhatIsFinished) {
  // Draws in turn: outputs 15, 25, 35, 45, ... With 3 places: after cycle 2 (20 tokens) place 0
  // draws 45; after cycle 3 (30) place 1 draws 55; after cycle 4 (40) place 2 draws 65.
  BatchSettings settings = settings_of(4, 0);
  std::int64_t output = 5;
  const auto source = [&](base::Random&) { return RequestLengths{100, output += 10}; };
  EXPECT_THAT(batch_contexts(source, settings), ElementsAre(120, 110, 100));
}

TEST(BatchSnapshot, SameSeedSameBatch) {
  const LengthSource source = [](base::Random& random) {
    const std::int64_t prompt = random.integer(1, 100);
    return RequestLengths{prompt, random.integer(1, 500)};
  };
  BatchSettings settings;
  settings.batch = 64;
  settings.seed = 5;
  const auto contexts = batch_contexts(source, settings);
  EXPECT_EQ(contexts, batch_contexts(source, settings));
  settings.seed = 6;
  EXPECT_NE(contexts, batch_contexts(source, settings));
}

TEST(BatchSnapshot, ASummaryTakesElementsOfTheSortedList) {
  const ContextSummary summary = summarize({9, 1, 9, 3, 5, 7, 2, 8, 4, 6});
  // 1 2 3 4 5 6 7 8 9 9: element 5 is 6, element 9 is 9; the sum is 54.
  EXPECT_EQ(summary.count, 10);
  EXPECT_EQ(summary.sum, 54);
  EXPECT_EQ(summary.least, 1);
  EXPECT_EQ(summary.median, 6);
  EXPECT_EQ(summary.p90, 9);
  EXPECT_EQ(summary.most, 9);
  EXPECT_EQ(summary.at_most, 2);
}

}  // namespace
}  // namespace orrery::requests
