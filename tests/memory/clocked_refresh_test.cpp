// SPDX-License-Identifier: Apache-2.0
// The clocked reference against closed forms: refresh, power-down, and where a rank's time goes.
// DDR4-2400 as in clocked_pages_test.cpp; RFC 420; RD to PDE CL + BL + 1 = 22, PDE to PDX CKE = 6,
// PDX to any XP = 8; SREFEX to ACT XS = 432, to RD XSDLL = 512. REFPB of variant_specs.cpp keeps
// its banks for 110.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/memory/reference/bench.h"
#include "tests/memory/reference/variant_specs.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ControllerConfig with_refresh(RefreshPolicyKind policy, std::int64_t postponed = 0,
                              std::int64_t pulled_in = 0) {
  ControllerConfig config;
  config.refresh_policy = policy;
  config.refresh_max_postponed = postponed;
  config.refresh_max_pulled_in = pulled_in;
  return config;
}

ControllerConfig with_power(PowerDownKind kind, std::int64_t idle) {
  ControllerConfig config;
  config.power_down = kind;
  config.power_down_idle = idle;
  return config;
}

// Reads of one row, one every CCD_L = 6 cycles from 17 on.
std::vector<Bench::Access> stream(int count) {
  std::vector<Bench::Access> accesses;
  for (int i = 0; i < count; ++i) {
    accesses.push_back({0, 0, i % 128});
  }
  return accesses;
}

TEST(ClockedRefresh, OfAnIdleRankComesWhenItIsDue) {
  Bench bench = refreshed_ddr4_bench({}, 1000);
  bench.run(3000);
  EXPECT_THAT(bench.commands(), ElementsAre("1000 REF 0", "2000 REF 0"));
}

TEST(ClockedRefresh, IsPostponedUnderLoadUpToTheLimit) {
  Bench bench = refreshed_ddr4_bench(with_refresh(RefreshPolicyKind::kAllBank, 2), 1000);
  bench.submit(stream(900));
  bench.run(5000);
  // Three are owed at 3000. The last RD came at 17 + 6 x 497 = 2999: PREA RTP = 9 later, REF after
  // RP = 17. Two are owed then; reads from 3025 + 420 + 17 = 3462 on, until the next is due: the
  // last one at 3462 + 6 x 89 = 3996.
  EXPECT_THAT(bench.commands({"PREA", "REF"}),
              ElementsAre("3008 PREA 0", "3025 REF 0", "4005 PREA 0", "4022 REF 0"));
  EXPECT_THAT(bench.lines("blocked"), ElementsAre("3000 blocked ffff", "3026 blocked 0",
                                                  "4000 blocked ffff", "4023 blocked 0"));
}

TEST(ClockedRefresh, ThatWasPostponedIsMadeUpForWhenTheRequestsEnd) {
  Bench bench = refreshed_ddr4_bench(with_refresh(RefreshPolicyKind::kAllBank, 2), 1000);
  bench.submit(stream(400));
  bench.run(4500);
  // The last RD at 17 + 6 x 399 = 2411; two are owed and refreshed RFC = 420 apart. The third is
  // due at 3000, while the second lasts until 3277.
  EXPECT_THAT(bench.commands({"PREA", "REF"}),
              ElementsAre("2420 PREA 0", "2437 REF 0", "2857 REF 0", "3277 REF 0", "4000 REF 0"));
  EXPECT_THAT(bench.lines("blocked"), IsEmpty());
}

TEST(ClockedRefresh, IsPulledInWhileNothingIsQueued) {
  Bench bench = refreshed_ddr4_bench(with_refresh(RefreshPolicyKind::kAllBank, 0, 2), 1000);
  bench.run(2500);
  // Two ahead at once; then one whenever one falls due.
  EXPECT_THAT(bench.commands(), ElementsAre("0 REF 0", "420 REF 0", "1000 REF 0", "2000 REF 0"));
}

TEST(ClockedRefresh, ThatWasPulledInIsNotDueLater) {
  Bench bench = refreshed_ddr4_bench(with_refresh(RefreshPolicyKind::kAllBank, 0, 2), 1000);
  // Requests from 900 on: those due at 1000 and 2000 have been done, 3000 must be.
  std::vector<Bench::Access> accesses = stream(600);
  accesses.front().arrival = 900;
  bench.submit(accesses);
  bench.run(3100);
  // RDs from 917 on, the last before 3000 at 917 + 6 x 347 = 2999.
  EXPECT_THAT(bench.commands({"REF"}), ElementsAre("0 REF 0", "420 REF 0", "3025 REF 0"));
}

TEST(ClockedRefresh, OfSingleBanksTakesThemInTurn) {
  Bench bench = refreshed_ddr4_bench(with_refresh(RefreshPolicyKind::kPerBank), 1000);
  bench.run(1125);
  // floor((k + 1) 1000 / 16): 62, 125, 187, 250, ..., and bank 0 again at 1062.
  const std::vector<std::string> commands = bench.commands();
  ASSERT_EQ(commands.size(), 17U);
  EXPECT_EQ(commands[0], "62 REFPB 0");
  EXPECT_EQ(commands[1], "125 REFPB 1");
  EXPECT_EQ(commands[2], "187 REFPB 2");
  EXPECT_EQ(commands[15], "1000 REFPB 15");
  EXPECT_EQ(commands[16], "1062 REFPB 0");
}

TEST(ClockedRefresh, OfSingleBanksAlternatesBetweenTheRanksOfABus) {
  SpecDescription description = test::describe("ddr4_2400");
  description.levels[0].count = 2;
  Spec spec = with_all_commands(description);
  spec.bank_refresh_interval = 1600;
  ChannelConfig config;
  config.controller = with_refresh(RefreshPolicyKind::kPerBank);
  Bench bench(spec, config);
  bench.run(201);
  // floor((2 k + r + 1) 1600 / 32): 50, 150 for rank 0, 100, 200 for rank 1 with its 16 banks.
  EXPECT_THAT(bench.commands(),
              ElementsAre("50 REFPB 0", "100 REFPB 16", "150 REFPB 1", "200 REFPB 17"));
}

TEST(ClockedRefresh, OfTheSameBankOfAllGroupsTakesTheSetsInTurn) {
  Bench bench = refreshed_ddr4_bench(with_refresh(RefreshPolicyKind::kPerBank), 1000, "bank_group");
  // Bank 4 is in the set of bank 0, bank 5 is not.
  bench.submit({4, 0, 0, 200});
  bench.submit({5, 0, 0, 251});
  bench.submit({4, 0, 1, 252});
  bench.run(1001);
  // Four sets, one every 250: banks 0, 4, 8 and 12 must at 250. Bank 4 was opened at 200 and
  // closes RP = 17 before, its next ACT comes 110 after. Bank 5 opens at once.
  EXPECT_THAT(bench.commands({"ACT", "PRE", "REFPB"}),
              ElementsAre("200 ACT 4", "250 PRE 4", "251 ACT 5", "267 REFPB 0", "377 ACT 4",
                          "500 PRE 5", "517 REFPB 1", "750 REFPB 2", "1000 REFPB 3"));
  EXPECT_EQ(bench.lines("blocked").front(), "250 blocked 1111");
}

TEST(ClockedPowerDown, IsEnteredAfterTheIdleCyclesAndNotBefore) {
  const auto commands = [](Cycle arrival) {
    Bench bench = ddr4_bench(with_power(PowerDownKind::kPowerDown, 50));
    bench.submit({0, 0, 0, arrival});
    bench.run(130);
    return bench.commands();
  };
  // A request in cycle 49 or 50 is still served at once, RCD = 17, and 50 idle cycles follow.
  EXPECT_THAT(commands(49), ElementsAre("49 ACT 0", "66 RD 0", "116 PDE 0"));
  EXPECT_THAT(commands(50), ElementsAre("50 ACT 0", "67 RD 0", "117 PDE 0"));
  // One in 51 finds the rank powered down since 50: it may leave after 6, and the ACT comes 8
  // later.
  EXPECT_THAT(commands(51), ElementsAre("50 PDE 0", "56 PDX 0", "64 ACT 0", "81 RD 0"));
}

TEST(ClockedPowerDown, AddsItsExitToTheLatency) {
  Bench closed = ddr4_bench(with_power(PowerDownKind::kPowerDown, 50));
  closed.submit({0, 0, 0, 200});
  closed.run(300);
  // PDX on arrival, 8, then RCD + CL + BL = 38.
  EXPECT_THAT(closed.commands(),
              ElementsAre("50 PDE 0", "200 PDX 0", "208 ACT 0", "225 RD 0", "275 PDE 0"));
  EXPECT_EQ(closed.done(0), 200 + 8 + 38);
  const RankStatistics rank = closed.statistics().ranks[0];
  // Up and closed 0 to 50 and 200 to 208, down 50 to 200, open 208 to 275 and down from then on.
  EXPECT_EQ(rank.precharged, 58);
  EXPECT_EQ(rank.precharged_power_down, 150);
  EXPECT_EQ(rank.active, 67);
  EXPECT_EQ(rank.open_bank_cycles, 67);
  EXPECT_EQ(rank.active_power_down, 25);

  Bench open = ddr4_bench(with_power(PowerDownKind::kPowerDown, 10));
  open.submit({0, 0, 0, 0});
  open.submit({0, 0, 1, 200});
  open.run(210);
  // 10 idle cycles are over at 27, the table asks for 17 + 22. The row is still open after 8.
  EXPECT_THAT(open.commands(),
              ElementsAre("0 ACT 0", "17 RD 0", "39 PDE 0", "200 PDX 0", "208 RD 0"));
}

TEST(ClockedPowerDown, IsLeftForARefreshThatMustBe) {
  ControllerConfig config = with_power(PowerDownKind::kPowerDown, 50);
  Bench at_once = refreshed_ddr4_bench(config, 1000);
  at_once.run(1500);
  EXPECT_THAT(at_once.commands(),
              ElementsAre("50 PDE 0", "1000 PDX 0", "1008 REF 0", "1058 PDE 0"));
  const RankStatistics rank = at_once.statistics().ranks[0];
  // The refresh counts for its RFC = 420, although the rank goes down meanwhile.
  EXPECT_EQ(rank.refreshing, 420);
  EXPECT_EQ(rank.precharged_power_down, 950 + 72);
  EXPECT_EQ(rank.precharged, 50 + 8);

  // Postponed ones wait until the third is owed, and are then made up for together.
  config.refresh_max_postponed = 2;
  Bench later = refreshed_ddr4_bench(config, 1000);
  later.run(4000);
  EXPECT_THAT(later.commands(), ElementsAre("50 PDE 0", "3000 PDX 0", "3008 REF 0", "3428 REF 0",
                                            "3848 REF 0", "3898 PDE 0"));
}

TEST(ClockedSelfRefresh, ClosesTheRowsAndOwesNothing) {
  Bench bench = refreshed_ddr4_bench(with_power(PowerDownKind::kSelfRefresh, 50), 2000);
  bench.submit({0, 0, 0, 0});
  bench.submit({0, 0, 0, 2100});
  bench.run(2650);
  // 50 cycles after the RD, then RP = 17. What fell due at 2000 is not owed. The ACT waits 432 and
  // the RD 512 for the exit.
  EXPECT_THAT(bench.commands(), ElementsAre("0 ACT 0", "17 RD 0", "67 PREA 0", "84 SREFEN 0",
                                            "2100 SREFEX 0", "2532 ACT 0", "2612 RD 0"));
  EXPECT_EQ(bench.done(1), 2612 + 21);
  const RankStatistics rank = bench.statistics().ranks[0];
  EXPECT_EQ(rank.active, 67 + 2650 - 2532);
  EXPECT_EQ(rank.precharged, 17 + 2532 - 2100);
  EXPECT_EQ(rank.self_refresh, 2100 - 84);
  EXPECT_EQ(rank.refreshes, 0U);
}

TEST(ClockedRankTime, OfARowClosedByItsAccessEndsWhenItCouldHaveBeenPrecharged) {
  ControllerConfig config;
  config.page_policy = PagePolicyKind::kClosed;
  Bench read = ddr4_bench(config);
  read.submit({0, 0, 0, 0});
  read.run(100);
  // RDA at 17: max(RAS 39, 17 + RTP 9).
  EXPECT_EQ(read.statistics().ranks[0].active, 39);
  EXPECT_EQ(read.statistics().ranks[0].precharged, 61);

  Bench write = ddr4_bench(config);
  write.submit({0, 0, 0, 0, true});
  write.run(100);
  // WRA at 17: 17 + CWL 12 + BL 4 + WR 18.
  EXPECT_EQ(write.statistics().ranks[0].active, 51);

  config.page_policy = PagePolicyKind::kClosedAdaptive;
  Bench late = ddr4_bench(config);
  late.submit(stream(8));
  late.run(100);
  // RDA at 17 + 7 x 6 = 59: RTP = 9 later.
  EXPECT_EQ(late.statistics().ranks[0].active, 68);
}

}  // namespace
}  // namespace orrery::memory::dram::test
