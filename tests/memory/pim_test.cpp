// SPDX-License-Identifier: Apache-2.0
// Programs in the banks beside ordinary requests: turns, admission, reserved rows, refresh.
#include <gtest/gtest.h>

#include "memory/dram/energy.h"
#include "tests/memory/pim_bench.h"

namespace orrery::memory::dram::test {
namespace {

using Lines = std::vector<std::string>;

ChannelConfig concurrent() {
  ChannelConfig config;
  config.controller.pim_policy = PimPolicyKind::kConcurrent;
  return config;
}

ChannelConfig without_refresh(ChannelConfig config = {}) {
  config.controller.refresh_policy = RefreshPolicyKind::kNone;
  return config;
}

std::vector<PimStep> tile(const PimBench& bench, std::uint32_t row, std::uint32_t columns = 8) {
  return {bench.step("HEADER", 0, row, 0, columns, 1), bench.step("GEMV", 0, row, 0, columns)};
}

// Memory first: the read of cycle 0 is served at nRCDRD = 14 and leaves its queue. Then it is PIM's
// turn, from 15 on: bank 3's row is in the way of G_ACT on its group, so PREA of rank 0 at nRAS =
// 34 and G_ACT 14 later; the second rank does not wait. The read that comes at cycle 20 waits for
// the end of the program.
TEST(Pim, BlockedTakesTurnsOnEmptyQueues) {
  PimBench bench(Spec::from(describe_pim("newton")), without_refresh());
  bench.submit(PimBench::Access{.bank = 3, .row = 9});
  std::vector<PimStep> steps = {bench.step("COMP", 0, 7, 0), bench.step("READRES")};
  bench.submit(steps);
  const std::uint64_t late = bench.submit(PimBench::Access{.bank = 20, .row = 7, .arrival = 20});
  bench.run(1000);
  const Lines first = bench.commands({"ACT", "RD", "PREA"});
  ASSERT_GE(first.size(), 3U);
  EXPECT_EQ(first[0], "0 ACT 3");
  EXPECT_EQ(first[1], "14 RD 3");
  EXPECT_EQ(bench.cycles("G_ACT").front(), 15);
  const Cycle result = bench.cycles("READRES").front();
  // Row 7 is open in bank 20 already: the read only waits for the results' burst, nBL = 2, and for
  // its turn in the cycle after.
  EXPECT_EQ(bench.cycles("RD").back(), result + 2);
  EXPECT_EQ(bench.done(late), result + 2 + 14 + 2);
}

// A header reserves its row: a read of the same row waits until the program is over and the row
// closed, one of another row of the same bank does not.
TEST(Pim, ARowIsNeverOpenInBothBuffers) {
  PimBench bench(Spec::from(describe_pim("neupims")), without_refresh(concurrent()));
  bench.submit(tile(bench, 7, 32));
  const std::uint64_t same = bench.submit(PimBench::Access{.bank = 3, .row = 7, .arrival = 5});
  const std::uint64_t other = bench.submit(PimBench::Access{.bank = 4, .row = 8, .arrival = 5});
  bench.run(1000);
  // GEMV at 105; the rows are closed 2 * 31 + 5 later, at 172 and 173, so the row bus is free for
  // bank 3 at 174. In the meantime nFAW after the last G_ACT of rank 0 at 90 lets the ACT of bank 4
  // go at 120.
  EXPECT_EQ(bench.commands({"GEMV", "PIM_PRE"}),
            (Lines{"105 GEMV 0", "172 PIM_PRE 0", "173 PIM_PRE 16"}));
  EXPECT_EQ(bench.commands({"ACT"}), (Lines{"120 ACT 4", "174 ACT 3"}));
  EXPECT_GT(bench.done(same), bench.done(other));
}

// The other way round: a row that is open in the first buffer is closed before PIM opens it.
TEST(Pim, AMemoryRowIsClosedBeforePimOpensIt) {
  PimBench bench(Spec::from(describe_pim("neupims")), without_refresh(concurrent()));
  bench.submit(PimBench::Access{.bank = 3, .row = 7});
  bench.submit(tile(bench, 7), 1, 20);
  bench.run(1000);
  // ACT at 0, PRE not before nRAS = 34; bank group 0's G_ACT only then. The other groups do not
  // wait: 20, 50 in rank 0.
  EXPECT_EQ(bench.commands({"PRE"}), (Lines{"34 PRE 3"}));
  const Lines activations = bench.commands({"G_ACT"});
  ASSERT_EQ(activations.size(), 8U);
  EXPECT_EQ(activations[0], "20 G_ACT 4");
}

// Writes that came before a program are in their rows before it begins, though the write queue is
// nearly empty.
TEST(Pim, AProgramWaitsForEarlierWrites) {
  PimBench bench(Spec::from(describe_pim("neupims")), without_refresh(concurrent()));
  bench.submit(PimBench::Access{.bank = 3, .row = 7, .arrival = 0, .is_write = true});
  for (std::uint32_t i = 0; i < 8; ++i) {
    bench.submit(PimBench::Access{.bank = 8, .row = 1, .column = i, .arrival = 1 + i});
  }
  bench.submit(tile(bench, 7), 1, 2);
  bench.run(1000);
  ASSERT_EQ(bench.cycles("WR").size(), 1U);
  EXPECT_GT(bench.cycles("G_ACT").front(), bench.cycles("WR").front());
}

// Work is admitted only where it ends before the next refresh. With eight G_ACTs missing and k = 32
// the header of NeuPIMs estimates 30 * (8 / 2 - 1) + 14 + 2 * 32 + 2 * 0 = 168 cycles. Refresh
// falls due at 1950: at 1781 there are 169 left, at 1782 there are 168, which is not more.
TEST(Pim, AHeaderIsAdmittedWhereItsWorkEndsBeforeTheRefresh) {
  for (const auto& [arrival, before] : {std::pair<Cycle, bool>{1781, true}, {1782, false}}) {
    PimBench bench(Spec::from(describe_pim("neupims")), concurrent());
    bench.submit(tile(bench, 7, 32), 1, arrival);
    bench.run(4000);
    ASSERT_EQ(bench.cycles("G_ACT").size(), 8U) << arrival;
    EXPECT_EQ(bench.cycles("G_ACT").front() == arrival, before) << arrival;
    if (!before) {
      // The refresh of rank 0 at 1950; the other rank may begin in the cycle after.
      EXPECT_EQ(bench.cycles("REF").front(), 1950);
      EXPECT_EQ(bench.cycles("G_ACT").front(), 1951);
    }
  }
}

// With refresh on, rows of the second buffer are closed before each REF.
TEST(Pim, RefreshFindsBothBuffersClosed) {
  PimBench bench(Spec::from(describe_pim("neupims")), concurrent());
  // No header: nothing keeps the work away from the refresh.
  std::vector<PimStep> steps = {bench.step("GEMV", 0, 7, 0, 32)};
  bench.submit(steps, 100);
  bench.run(9000);
  EXPECT_EQ(bench.cycles("REF").size(), 4U);  // 1950, 3900, 5850, 7800
  // The program ends, with all of its 100 GEMVs.
  EXPECT_EQ(bench.cycles("GEMV").size(), 100U);
}

// NeuPIMs: a G_ACT costs four activations, a column four reads, a result one read. A tile of eight
// G_ACTs and GEMVs of 8 and 5 columns: 32 activations, 4 * 13 + 2 = 54 reads.
TEST(Pim, EnergyIsCountedInEventsOfTheStandard) {
  PimBench bench(Spec::from(describe_pim("neupims")), without_refresh(concurrent()));
  bench.submit({bench.step("HEADER", 0, 7, 0, 8, 2), bench.step("GEMV", 0, 7, 0, 8),
                bench.step("GEMV", 0, 7, 8, 5)});
  bench.run(1000);
  AccessStatistics one;
  one.activates = 1;
  one.read_bursts = 1;
  const Energy unit = access_energy(one, bench.spec());
  const Energy used = energy(bench.channel().statistics(), bench.spec());
  EXPECT_DOUBLE_EQ(used.pim, 32 * unit.activate_precharge + 54 * unit.read);
  EXPECT_EQ(used.read, 0);
}

// A command that computes and says nothing of its energy is no silent zero.
TEST(Pim, ACommandWithoutEnergyIsNamed) {
  PimBench bench(Spec::from(describe_pim("hbm_pim")), without_refresh());
  bench.submit({bench.step("MAC", 0, 7, 0)});
  bench.run(2000);
  try {
    (void)energy(bench.channel().statistics(), bench.spec());
    FAIL() << "an energy without a coefficient";
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("ACT_AB"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("MAC"), std::string::npos);
  }
}

// Any cut of the time into steps gives the same commands.
TEST(Pim, StepsOfTimeDoNotMatter) {
  std::vector<Lines> outcomes;
  for (const Cycle step : {1, 7, 64, 5000}) {
    PimBench bench(Spec::from(describe_pim("neupims")), concurrent());
    for (std::uint32_t i = 0; i < 300; ++i) {
      bench.submit(PimBench::Access{.bank = i % 32,
                                    .row = i / 32 % 4,
                                    .column = i % 16,
                                    .arrival = i * 5,
                                    .is_write = i % 7 == 0});
    }
    for (std::uint32_t i = 0; i < 12; ++i) {
      bench.submit(tile(bench, i % 5, 1 + i), 2, i * 150);
    }
    for (Cycle until = step; until <= 5000; until += step) {
      bench.run(until);
    }
    bench.run(5000);
    outcomes.push_back(bench.commands());
  }
  EXPECT_EQ(outcomes[1], outcomes[0]);
  EXPECT_EQ(outcomes[2], outcomes[0]);
  EXPECT_EQ(outcomes[3], outcomes[0]);
  EXPECT_GT(outcomes[0].size(), 400U);
}

// A vector, then three tiles: GWRITE is sent once. It takes 14 + 96 = 110 cycles, in which the rows
// of the first tile are not opened: steps go in order.
TEST(Pim, StepsOfOnceAreSentBeforeTheFirstRepetitionOnly) {
  PimBench bench(Spec::from(describe_pim("neupims")), without_refresh(concurrent()));
  std::vector<PimStep> steps = tile(bench, 7);
  for (PimStep& step : steps) {
    step.row_step = 1;
  }
  steps.insert(steps.begin(), bench.step("GWRITE", 3, 20));
  steps.front().once = true;
  const std::uint64_t ticket = bench.submit(steps, 3);
  bench.run(2000);
  EXPECT_EQ(bench.commands({"ACT", "GWRITE"}), (Lines{"0 ACT 3", "14 GWRITE 3"}));
  ASSERT_EQ(bench.cycles("GEMV").size(), 3U);
  EXPECT_EQ(bench.cycles("G_ACT").size(), 3U * 8U);
  // 8 columns: 2 * (8 + 1) + 14 + 2 cycles
  EXPECT_EQ(bench.done(ticket), bench.cycles("GEMV").back() + 34);
}

// Two engines send programs to one channel while it also reads: neither comes between the steps of
// the other, in either policy.
TEST(Pim, RunsAProgramToItsEndBeforeTheNextWhoeverSentIt) {
  for (const bool beside : {false, true}) {
    ChannelConfig config = beside ? concurrent() : ChannelConfig();
    PimBench bench(Spec::from(describe_pim("neupims")), config);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t program = 0; program < 6; ++program) {
      const std::uint32_t row = 100 * (program + 1);
      std::vector<PimStep> steps = tile(bench, row);
      steps.insert(steps.begin(), bench.step("GWRITE", program, row + 50));
      steps.front().once = true;
      bench.submit(steps, 4, 7 * program, program % 2);
      bench.submit(PimBench::Access{.bank = 9, .row = program, .arrival = 300 * program});
      expected.push_back(row + 50);
      expected.insert(expected.end(), 4, row);
    }
    bench.run(20000);
    std::vector<std::uint32_t> sent;
    for (const CommandRecord& record : bench.log().commands()) {
      const std::string& name =
          bench.spec().commands[static_cast<std::size_t>(record.command)].name;
      if (name == "GWRITE" || name == "GEMV") {
        sent.push_back(record.row);
      }
    }
    EXPECT_EQ(sent, expected) << beside;
  }
}

}  // namespace
}  // namespace orrery::memory::dram::test
