// SPDX-License-Identifier: Apache-2.0
// What one row costs under each shipped command set: the figures that can be derived from the
// published tables.
#include <gtest/gtest.h>

#include "tests/memory/pim_bench.h"

namespace orrery::memory::dram::test {
namespace {

// Refresh would fall into the sums.
ChannelConfig without_refresh(PimPolicyKind policy = PimPolicyKind::kBlocked) {
  ChannelConfig config;
  config.controller.refresh_policy = RefreshPolicyKind::kNone;
  config.controller.pim_policy = policy;
  return config;
}

// A row of `columns` computations, and the one after it.
std::uint64_t submit_rows(PimBench& bench, const std::string& compute, std::uint32_t columns,
                          std::uint32_t bank = 0) {
  std::vector<PimStep> steps;
  for (std::uint32_t column = 0; column < columns; ++column) {
    steps.push_back(bench.step(compute, bank, 5, column));
    steps.back().row_step = 1;
  }
  return bench.submit(steps, 2);
}

// From the activation of the first row to that of the second.
Cycle row_cost(const PimBench& bench, const std::string& activate) {
  const std::vector<Cycle> cycles = bench.cycles(activate);
  EXPECT_EQ(cycles.size(), 2U);
  return cycles.size() == 2 ? cycles[1] - cycles[0] : 0;
}

// 2 KB in 64 columns: nRCDMAC 56 + 63 * nCCD_L 2 + nRTP 12 + nRP 32 = 226.
TEST(PimRows, AimTakes226Cycles) {
  PimBench bench(Spec::from(describe_pim("aim_gddr6")), without_refresh());
  submit_rows(bench, "MAC16", 64);
  bench.run(2000);
  EXPECT_EQ(row_cost(bench, "ACT16"), 226);
  // The mode changes first: nMODCH 32.
  EXPECT_EQ(bench.cycles("TMOD").front(), 0);
  EXPECT_EQ(bench.cycles("ACT16").front(), 32);
}

// 1 KB in 32 columns: nRCDRD 19 + 31 * nCCDAB 6 + nRTP 8 + nRP 19 = 232; at nCCDAB 4: 170.
TEST(PimRows, AttAccTakes232CyclesAnd170WithoutItsPowerLimit) {
  for (const auto& [name, cost] : {std::pair<const char*, Cycle>{"attacc", 232},
                                   std::pair<const char*, Cycle>{"attacc_unlimited", 170}}) {
    PimBench bench(Spec::from(describe_pim(name)), without_refresh());
    submit_rows(bench, "MACAB", 32);
    bench.run(2000);
    EXPECT_EQ(row_cost(bench, "ACTAB"), cost) << name;
  }
}

// 1 KB in 32 columns: nRCDRD 19 + 31 * nCCD_L 4 + nRTP_S 6 + nRP 19 = 168, for a bundle of
// Logic-PIM and for all banks of Bank-PIM alike.
TEST(PimRows, LogicPimTakes168Cycles) {
  for (const char* name : {"logic_pim", "bank_pim"}) {
    PimBench bench(Spec::from(describe_pim(name)), without_refresh(PimPolicyKind::kConcurrent));
    submit_rows(bench, "ALL_RD", 32);
    bench.run(2000);
    EXPECT_EQ(row_cost(bench, "ALL_ACT"), 168) << name;
  }
}

// Bundles of a rank: banks 0 and 1 of every bank group, or banks 2 and 3.
TEST(PimRows, ALogicPimCommandActsOnOneBundle) {
  const Spec spec = Spec::from(describe_pim("logic_pim"));
  EXPECT_EQ(spec.banks_of(spec.command("ALL_RD"), 0), 0x3333U);
  EXPECT_EQ(spec.banks_of(spec.command("ALL_RD"), 7), 0xccccU);
  EXPECT_EQ(spec.banks_of(spec.command("ALL_RD"), 16), 0x33330000U);
}

// Eight of sixteen banks give 32 bytes each every nCCD_L = 4 cycles, 64 bytes a cycle: four times
// the 32 bytes in nBL = 2 cycles of the data bus. Over a row of each half the columns keep that
// pace.
TEST(PimRows, HbmPimHasFourTimesItsExternalBandwidth) {
  const Spec spec = Spec::from(describe_pim("hbm_pim"));
  EXPECT_EQ(spec.banks_of(spec.command("MAC"), 0), 0x5555U);
  EXPECT_EQ(spec.banks_of(spec.command("MAC"), 1), 0xaaaaU);
  PimBench bench(spec, without_refresh());
  std::vector<PimStep> steps;
  for (const std::uint32_t half : {0U, 1U}) {
    for (std::uint32_t column = 0; column < 32; ++column) {
      steps.push_back(bench.step("MAC", half, 5, column));
    }
  }
  bench.submit(steps);
  bench.run(3000);
  const std::vector<Cycle> macs = bench.cycles("MAC");
  ASSERT_EQ(macs.size(), 64U);
  // 63 gaps of 4 cycles.
  EXPECT_EQ(macs.back() - macs.front(), 252);
  const double inside = 64 * 8 * 32 / static_cast<double>(256);
  EXPECT_EQ(inside / (static_cast<double>(spec.access_bytes) / spec.burst_cycles), 4.0);
}

// A logit tile of NeuPIMs: eight bank groups, four to a rank, each activation using up its rank's
// tFAW: 3 * 30 + 14 = 104. The ranks share the row bus, so the second one ends a cycle later.
TEST(PimRows, ANeuPimsTileActivatesFor104Cycles) {
  PimBench bench(Spec::from(describe_pim("neupims")), without_refresh(PimPolicyKind::kConcurrent));
  std::vector<PimStep> steps = {bench.step("HEADER", 0, 7, 0, 8, 4)};
  for (std::uint32_t head = 0; head < 4; ++head) {
    steps.push_back(bench.step("GEMV", 0, 7, head * 8, 8));
  }
  const std::uint64_t ticket = bench.submit(steps);
  bench.run(1000);
  EXPECT_EQ(bench.cycles("G_ACT"), (std::vector<Cycle>{0, 1, 30, 31, 60, 61, 90, 91}));
  // Four heads of eight columns: 2 * (max(8, 6) + 1) = 18 cycles each.
  EXPECT_EQ(bench.cycles("GEMV"), (std::vector<Cycle>{105, 123, 141, 159}));
  // The last: 18 cycles, then read latency and burst, 14 + 2.
  EXPECT_EQ(bench.done(ticket), 159 + 18 + 16);
  // The rows are closed once nothing is queued: 2 * 7 + nRTP 5 after the last GEMV.
  EXPECT_EQ(bench.cycles("PIM_PRE"), (std::vector<Cycle>{178, 179}));
}

// Newton sends each column by itself: COMP every 2 cycles, READRES 6 cycles after the last.
TEST(PimRows, NewtonSendsEveryColumn) {
  PimBench bench(Spec::from(describe_pim("newton")), without_refresh());
  std::vector<PimStep> steps;
  for (std::uint32_t column = 0; column < 8; ++column) {
    steps.push_back(bench.step("COMP", 0, 7, column));
  }
  steps.push_back(bench.step("READRES"));
  bench.submit(steps);
  bench.run(1000);
  EXPECT_EQ(bench.cycles("COMP"), (std::vector<Cycle>{105, 107, 109, 111, 113, 115, 117, 119}));
  EXPECT_EQ(bench.cycles("READRES"), (std::vector<Cycle>{125}));
}

}  // namespace
}  // namespace orrery::memory::dram::test
