// SPDX-License-Identifier: Apache-2.0
// The clocked reference against closed forms: rows, schedulers and directions. DDR4-2400: CL 17,
// CWL 12, BL 4, RCD 17, RP 17, RAS 39, RC 56, WR 18, RTP 9, CCD_L 6; a write is followed by PRE
// after CWL + BL + WR = 34 and a read by a write after 11.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/memory/reference/bench.h"

namespace orrery::memory::dram::test {
namespace {

using testing::ElementsAre;
using Lines = std::vector<std::string>;

ControllerConfig with_pages(PagePolicyKind policy, std::int64_t timeout = 200) {
  ControllerConfig config;
  config.page_policy = policy;
  config.page_timeout = timeout;
  return config;
}

// Hits of row 0 of bank 0, by column.
std::vector<Bench::Access> hits(int count, bool is_write = false) {
  std::vector<Bench::Access> accesses;
  for (int column = 0; column < count; ++column) {
    accesses.push_back({0, 0, column, 0, is_write});
  }
  return accesses;
}

TEST(ClockedRows, ANewRowOfOneBankForEachReadTakesTheRowCycle) {
  Bench bench = ddr4_bench({});
  std::vector<Bench::Access> rows;
  for (int row = 0; row < 50; ++row) {
    rows.push_back({0, row});
  }
  bench.submit(rows);
  bench.run(4000);
  // (n - 1) RC + RCD + CL + BL = 49 x 56 + 17 + 17 + 4.
  EXPECT_EQ(bench.done(0), 49 * 56 + 38);
}

TEST(ClockedRows, OfTheClosedPolicyAreClosedWithEveryAccess) {
  Bench bench = ddr4_bench(with_pages(PagePolicyKind::kClosed));
  bench.submit({0, 0, 0, 100});
  bench.submit({0, 1, 0, 1000});
  bench.run(2000);
  EXPECT_THAT(bench.commands(), ElementsAre("100 ACT 0", "117 RDA 0", "1000 ACT 0", "1017 RDA 0"));
  // RCD + CL + BL = 38, whatever was open.
  EXPECT_EQ(bench.done(0), 138);
  EXPECT_EQ(bench.done(1), 1038);
  EXPECT_EQ(bench.statistics().total.row_misses, 2U);
}

TEST(ClockedRows, OpenAgainAfterAReadWithPrechargeOnlyAfterItsPrecharge) {
  Bench bench = ddr4_bench(with_pages(PagePolicyKind::kClosedAdaptive));
  std::vector<Bench::Access> accesses = hits(8);
  accesses.push_back({0, 1});
  bench.submit(accesses);
  bench.run(200);
  // Reads at 17 + 6 k; the eighth at 59 leaves no hit; ACT RTP + RP = 26 later.
  EXPECT_THAT(bench.commands({"ACT", "RDA"}),
              ElementsAre("0 ACT 0", "59 RDA 0", "85 ACT 0", "102 RDA 0"));
}

TEST(ClockedRows, OpenAgainAfterAWriteWithPrechargeOnlyAfterItsRecovery) {
  Bench bench = ddr4_bench(with_pages(PagePolicyKind::kClosedAdaptive));
  std::vector<Bench::Access> accesses = hits(8, true);
  accesses.push_back({0, 1, 0, 0, true});
  bench.submit(accesses);
  bench.run(200);
  // CWL + BL + WR + RP = 51 after the WRA.
  EXPECT_THAT(bench.commands({"ACT", "WRA"}),
              ElementsAre("0 ACT 0", "59 WRA 0", "110 ACT 0", "127 WRA 0"));
}

TEST(ClockedRows, StayOpenUnderOpenAdaptiveUntilAnotherRowIsWanted) {
  Bench alone = ddr4_bench(with_pages(PagePolicyKind::kOpenAdaptive));
  alone.submit(hits(2));
  alone.run(1000);
  EXPECT_THAT(alone.commands(), ElementsAre("0 ACT 0", "17 RD 0", "23 RD 0"));

  Bench pressed = ddr4_bench(with_pages(PagePolicyKind::kOpenAdaptive));
  pressed.submit({{0, 0, 0}, {0, 0, 1}, {0, 1, 0}});
  pressed.run(60);
  // The second hit is the last one and row 1 is wanted; ACT to ACT is RC = 56.
  EXPECT_THAT(pressed.commands(), ElementsAre("0 ACT 0", "17 RD 0", "23 RDA 0", "56 ACT 0"));
}

TEST(ClockedRows, AreKeptByHitsOfTheOtherDirection) {
  Bench bench = ddr4_bench(with_pages(PagePolicyKind::kClosedAdaptive));
  bench.submit({0, 0, 0, 0});
  bench.submit({0, 0, 1, 1, true, 1});
  bench.run(100);
  // The write follows the read after 11; nothing is left then.
  EXPECT_THAT(bench.commands(), ElementsAre("0 ACT 0", "17 RD 0", "28 WRA 0"));
}

TEST(ClockedTimeout, ClosesARowInTheCycleInWhichItHasElapsed) {
  // The last command comes at 17, so that a timeout of 30 ends at 47. A hit that arrives then is
  // in time; one cycle later it has to open the row again, RP = 17 after the PRE.
  Bench in_time = ddr4_bench(with_pages(PagePolicyKind::kTimeout, 30));
  in_time.submit({0, 0, 0, 0});
  in_time.submit({0, 0, 1, 47});
  in_time.run(77);
  EXPECT_THAT(in_time.commands(), ElementsAre("0 ACT 0", "17 RD 0", "47 RD 0"));
  in_time.run(78);
  EXPECT_EQ(in_time.commands().back(), "77 PRE 0");

  Bench late = ddr4_bench(with_pages(PagePolicyKind::kTimeout, 30));
  late.submit({0, 0, 0, 0});
  late.submit({0, 0, 1, 48});
  late.run(100);
  EXPECT_THAT(late.commands(),
              ElementsAre("0 ACT 0", "17 RD 0", "47 PRE 0", "64 ACT 0", "81 RD 0"));
}

TEST(ClockedTimeout, WaitsForTheTable) {
  Bench bench = ddr4_bench(with_pages(PagePolicyKind::kTimeout, 1));
  bench.submit({0, 0, 0, 0});
  bench.run(100);
  // One cycle after the ACT nothing is closed, because the request hits; after the RD the table
  // asks for RAS = 39 from the ACT.
  EXPECT_THAT(bench.commands(), ElementsAre("0 ACT 0", "17 RD 0", "39 PRE 0"));
}

TEST(ClockedHitCap, LetsSoManyHitsOvertakeAndNoMore) {
  const auto served = [](std::int64_t cap, SchedulerKind scheduler) {
    ControllerConfig config;
    config.hit_cap = cap;
    config.scheduler = scheduler;
    Bench bench = ddr4_bench(config);
    // Number 1 wants another row; 2 to 5 hit.
    bench.submit({{0, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 2}, {0, 0, 3}, {0, 0, 4}});
    bench.run(1000);
    return bench.served();
  };
  EXPECT_THAT(served(1, SchedulerKind::kFrFcfs), ElementsAre(0, 2, 1, 3, 4, 5));
  EXPECT_THAT(served(2, SchedulerKind::kFrFcfs), ElementsAre(0, 2, 3, 1, 4, 5));
  EXPECT_THAT(served(3, SchedulerKind::kFrFcfs), ElementsAre(0, 2, 3, 4, 1, 5));
  EXPECT_THAT(served(4, SchedulerKind::kFrFcfs), ElementsAre(0, 2, 3, 4, 5, 1));
  EXPECT_THAT(served(0, SchedulerKind::kFrFcfs), ElementsAre(0, 2, 3, 4, 5, 1));
  EXPECT_THAT(served(0, SchedulerKind::kFifo), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(ClockedHitCap, ClosesTheRowAsSoonAsTheTableAllows) {
  ControllerConfig config;
  config.hit_cap = 2;
  Bench bench = ddr4_bench(config);
  bench.submit({{0, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 0, 2}, {0, 0, 3}});
  bench.run(129);
  // RDs at 17, 23, 29: two have overtaken. PRE at max(RAS 39, 29 + RTP 9), then RP and RCD. Row 1
  // closes RAS after its ACT.
  EXPECT_THAT(bench.commands(), ElementsAre("0 ACT 0", "17 RD 0", "23 RD 0", "29 RD 0", "39 PRE 0",
                                            "56 ACT 0", "73 RD 0", "95 PRE 0", "112 ACT 0"));
}

// Reads that keep the channel busy for 20 x 56 cycles, and writes of another bank group.
Lines directions(const ControllerConfig& config, int early_writes, int late_writes) {
  Bench bench = ddr4_bench(config);
  std::vector<Bench::Access> reads;
  for (int row = 0; row < 20; ++row) {
    reads.push_back({0, row});
  }
  bench.submit(reads);
  for (int i = 0; i < early_writes + late_writes; ++i) {
    bench.submit({4, 0, i, i < early_writes ? 100 : 200, true, 1});
  }
  // The last read goes at 17 + 19 x 56 = 1081; before it is gone nothing else asks for the writes.
  bench.run(1082);
  return bench.lines("direction");
}

TEST(ClockedDirection, OfGroupedReadsAndWritesChangesAtTheHighMarkAndAtNone) {
  ControllerConfig config;
  config.scheduler = SchedulerKind::kFrFcfsGrouped;
  config.buffer = BufferKind::kShared;
  config.write_high = 3;
  EXPECT_THAT(directions(config, 2, 0), ElementsAre());
  // The third write arrives at 200: ACT then, WR at 217, 223 and 229; none is left at 230.
  EXPECT_THAT(directions(config, 2, 1), ElementsAre("200 direction write", "230 direction read"));
}

TEST(ClockedDirection, OfReadAndWriteBuffersChangesAtBothMarks) {
  ControllerConfig config;
  config.write_high = 3;
  config.write_low = 1;
  EXPECT_THAT(directions(config, 2, 0), ElementsAre());
  // One is left after the WR at 223.
  EXPECT_THAT(directions(config, 2, 1), ElementsAre("200 direction write", "224 direction read"));
}

TEST(ClockedDirection, IsNoneWhereAllCompete) {
  ControllerConfig config;
  config.buffer = BufferKind::kShared;
  Bench bench = ddr4_bench(config);
  bench.submit({0, 0, 0, 0});
  bench.submit({4, 0, 0, 1, true, 1});
  bench.run(100);
  EXPECT_THAT(bench.lines("direction"), ElementsAre());
  // RRD_S = 4; the read goes first, the write 11 after it and not RCD after its ACT, 21.
  EXPECT_THAT(bench.commands(), ElementsAre("0 ACT 0", "4 ACT 4", "17 RD 0", "28 WR 4"));
}

}  // namespace
}  // namespace orrery::memory::dram::test
