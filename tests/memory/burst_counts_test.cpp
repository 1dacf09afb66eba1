// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/burst_counts.h"

#include <gtest/gtest.h>

namespace orrery::memory::dram {
namespace {

TEST(BurstCounts, CountEachCycleByItselfUntilTheyAreTooMany) {
  BurstCounts bursts;
  bursts.add(0);
  bursts.add(1);
  bursts.add(1);
  bursts.add(511);
  EXPECT_EQ(bursts.width(), 1);
  EXPECT_EQ(bursts.counts()[1], 2);
  bursts.add(512);
  EXPECT_EQ(bursts.width(), 2);
  EXPECT_EQ(bursts.counts()[0], 3);
  EXPECT_EQ(bursts.counts()[1], 0);
  EXPECT_EQ(bursts.counts()[255], 1);
  EXPECT_EQ(bursts.counts()[256], 1);
}

TEST(BurstCounts, MergeAsOftenAsALongPauseNeeds) {
  BurstCounts bursts;
  bursts.add(3);
  bursts.add(1'000'000);  // 2^20 / 512 = 2^11
  EXPECT_EQ(bursts.width(), 2048);
  EXPECT_EQ(bursts.counts()[0], 1);
  EXPECT_EQ(bursts.counts()[488], 1);  // 1,000,000 / 2,048 = 488.3
}

}  // namespace
}  // namespace orrery::memory::dram
