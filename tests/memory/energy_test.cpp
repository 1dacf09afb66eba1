// SPDX-License-Identifier: Apache-2.0
// Energy against sums by hand: every command and every state of every standard with currents.
#include "memory/dram/energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "memory/dram/channel.h"
#include "memory/specification/spec_schema.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram {
namespace {

using testing::HasSubstr;

// Nothing happened, on one rank.
ChannelStatistics nothing(const Spec& spec) {
  ChannelStatistics statistics;
  statistics.commands.assign(spec.commands.size(), 0);
  statistics.ranks.resize(1);
  return statistics;
}

ChannelStatistics commands(const Spec& spec, const std::string& name, std::uint64_t count) {
  ChannelStatistics statistics = nothing(spec);
  statistics.commands[static_cast<std::size_t>(spec.command(name))] = count;
  return statistics;
}

Energy of_commands(const Spec& spec, const std::string& name, std::uint64_t count = 1) {
  return energy(commands(spec, name, count), spec);
}

Energy of_state(const Spec& spec, Cycle RankStatistics::* state, Cycle cycles) {
  ChannelStatistics statistics = nothing(spec);
  statistics.ranks[0].*state = cycles;
  return energy(statistics, spec);
}

struct HandSum {
  std::string file;
  std::string density;
  // Picojoules of one command.
  double activate;
  double read;
  double write;
  double refresh;
  double bank_refresh;  // 0: no such command
  // Milliwatts of one rank (pseudo-channel), `constant` apart: one bank open; all banks open;
  // refreshing; all closed; power-down with rows open and without; self refresh. 0: not public.
  double one_open;
  double all_open;
  double refreshing;
  double precharged;
  double active_power_down;
  double precharged_power_down;
  double self_refresh;
  double constant;
};

// dram.md 4.1 and 4.2. V times devices, then mA and ns: the products are written as they stand.
constexpr double kDdr4 = 5.0 / 6.0;  // ns a cycle
constexpr double kDdr5 = 5.0 / 12.0;
constexpr double kHbm5 = 10.0 / 13.0;

// DDR5, rho 0, 32 banks (x16: 16): I_1 = (142 + 31 x 92) / 32 = 93.5625, (142 + 15 x 92) / 16 =
// 95.125; of VPP (7 + 31 x 6) / 32 = 6.03125. nRAS 77, nRP 39 cycles; at 6400 103 and 46.
const std::vector<HandSum> kHandSums = {
    // ACT: IDD0 (39 + 17) - IDD3N 39 - IDD2N 17 cycles; RD, WR: 4 cycles; REF: 420.
    {"ddr4_2400", "8Gb_x8", 1.2 * 8 * (48 * 56 - 43 * 39 - 34 * 17) * kDdr4,
     1.2 * 8 * (135 - 43) * 4 * kDdr4, 1.2 * 8 * (123 - 43) * 4 * kDdr4, 1.2 * 8 * (250 - 43) * 350,
     0, 1.2 * 8 * 43, 1.2 * 8 * 43, 1.2 * 8 * 43, 1.2 * 8 * 34, 1.2 * 8 * 37, 1.2 * 8 * 25,
     1.2 * 8 * 30, 0},
    {"ddr4_2400", "8Gb_x4", 1.2 * 16 * (43 * 56 - 38 * 39 - 34 * 17) * kDdr4,
     1.2 * 16 * (110 - 38) * 4 * kDdr4, 1.2 * 16 * (103 - 38) * 4 * kDdr4,
     1.2 * 16 * (250 - 38) * 350, 0, 1.2 * 16 * 38, 1.2 * 16 * 38, 1.2 * 16 * 38, 1.2 * 16 * 34,
     1.2 * 16 * 32, 1.2 * 16 * 25, 1.2 * 16 * 30, 0},
    // 16 Gb: the refresh takes 550 ns.
    {"ddr4_2400", "16Gb_x16", 1.2 * 4 * (80 * 56 - 47 * 39 - 34 * 17) * kDdr4,
     1.2 * 4 * (243 - 47) * 4 * kDdr4, 1.2 * 4 * (228 - 47) * 4 * kDdr4, 1.2 * 4 * (280 - 47) * 550,
     0, 1.2 * 4 * 47, 1.2 * 4 * 47, 1.2 * 4 * 47, 1.2 * 4 * 34, 1.2 * 4 * 41, 1.2 * 4 * 25,
     1.2 * 4 * 30, 0},
    // 0.625 ns: nRAS 52, nRP 22.
    {"ddr4_3200", "8Gb_x8", 1.2 * 8 * (57 * 74 - 52 * 52 - 37 * 22) * 0.625,
     1.2 * 8 * (168 - 52) * 2.5, 1.2 * 8 * (150 - 52) * 2.5, 1.2 * 8 * (250 - 52) * 350, 0,
     1.2 * 8 * 52, 1.2 * 8 * 52, 1.2 * 8 * 52, 1.2 * 8 * 37, 1.2 * 8 * 43, 1.2 * 8 * 25,
     1.2 * 8 * 30, 0},
    {"ddr4_3200", "8Gb_x4", 1.2 * 16 * (52 * 74 - 47 * 52 - 37 * 22) * 0.625,
     1.2 * 16 * (143 - 47) * 2.5, 1.2 * 16 * (130 - 47) * 2.5, 1.2 * 16 * (250 - 47) * 350, 0,
     1.2 * 16 * 47, 1.2 * 16 * 47, 1.2 * 16 * 47, 1.2 * 16 * 37, 1.2 * 16 * 38, 1.2 * 16 * 25,
     1.2 * 16 * 30, 0},
    {"ddr4_3200", "8Gb_x16", 1.2 * 4 * (95 * 74 - 56 * 52 - 37 * 22) * 0.625,
     1.2 * 4 * (302 - 56) * 2.5, 1.2 * 4 * (278 - 56) * 2.5, 1.2 * 4 * (280 - 56) * 350, 0,
     1.2 * 4 * 56, 1.2 * 4 * 56, 1.2 * 4 * 56, 1.2 * 4 * 37, 1.2 * 4 * 47, 1.2 * 4 * 25,
     1.2 * 4 * 30, 0},
    // VPP has standby only: 1.8 V 6 and 7 mA. A REFsb is 1/8 of a REF: 4 sets, and each
    // twice in nREFI.
    {"ddr5_4800", "16Gb_x8", 1.1 * 4 * (103 * 116 - 93.5625 * 77 - 92 * 39) * kDdr5,
     1.1 * 4 * (377 - 142) * 8 * kDdr5, 1.1 * 4 * (349 - 142) * 8 * kDdr5,
     1.1 * 4 * (277 - 142) * 295, 1.1 * 4 * (277 - 142) * 295 / 8,
     1.1 * 4 * 93.5625 + 1.8 * 4 * 6.03125, 1.1 * 4 * 142 + 1.8 * 4 * 7,
     1.1 * 4 * 142 + 1.8 * 4 * 7, 1.1 * 4 * 92 + 1.8 * 4 * 6, 0, 1.1 * 4 * 88 + 1.8 * 4 * 6, 0, 0},
    // REFsb: 135 mA for 130 ns above four open banks, 92 + 4 (95.125 - 92) = 104.5.
    {"ddr5_4800", "16Gb_x16", 1.1 * 2 * (122 * 116 - 95.125 * 77 - 92 * 39) * kDdr5,
     1.1 * 2 * (530 - 142) * 8 * kDdr5, 1.1 * 2 * (479 - 142) * 8 * kDdr5,
     1.1 * 2 * (277 - 142) * 295, 1.1 * 2 * (135 - 104.5) * 130, 1.1 * 2 * 95.125, 1.1 * 2 * 142,
     1.1 * 2 * 142, 1.1 * 2 * 92, 1.1 * 2 * 140, 1.1 * 2 * 88, 1.1 * 2 * 102, 0},
    // Bursts: 235 x 4/3 and 207 x 4/3 mA for 8 cycles of 0.3125 ns, as much a bit as at 4800.
    {"ddr5_6400", "16Gb_x8", 1.1 * 4 * (103 * 149 - 93.5625 * 103 - 92 * 46) * 0.3125,
     1.1 * 4 * 235 * 8 * kDdr5, 1.1 * 4 * 207 * 8 * kDdr5, 1.1 * 4 * (277 - 142) * 295,
     1.1 * 4 * (277 - 142) * 295 / 8, 1.1 * 4 * 93.5625 + 1.8 * 4 * 6.03125,
     1.1 * 4 * 142 + 1.8 * 4 * 7, 1.1 * 4 * 142 + 1.8 * 4 * 7, 1.1 * 4 * 92 + 1.8 * 4 * 6, 0,
     1.1 * 4 * 88 + 1.8 * 4 * 6, 0, 0},
    {"ddr5_6400", "16Gb_x16", 1.1 * 2 * (122 * 149 - 95.125 * 103 - 92 * 46) * 0.3125,
     1.1 * 2 * 388 * 8 * kDdr5, 1.1 * 2 * 337 * 8 * kDdr5, 1.1 * 2 * (277 - 142) * 295,
     1.1 * 2 * (135 - 104.5) * 130, 1.1 * 2 * 95.125, 1.1 * 2 * 142, 1.1 * 2 * 142, 1.1 * 2 * 92,
     1.1 * 2 * 140, 1.1 * 2 * 88, 1.1 * 2 * 102, 0},
    // VDD2H and VDD1; 34 and 15 cycles of 1.25 ns; 16 bits at 7500 are 32/15 ns long. REFpb: 8
    // sets.
    {"lpddr5_6400", "16Gb",
     (1.05 * (53 * 49 - 40 * 34 - 32.5 * 15) + 1.8 * (3.8 * 49 - 2.8 * 34 - 1.5 * 15)) * 1.25,
     (1.05 * (390 - 40) + 1.8 * (18 - 2.8)) * 32 / 15,
     (1.05 * (265 - 40) + 1.8 * (16.5 - 2.8)) * 32 / 15, 1.05 * (205 - 40) * 280,
     1.05 * (205 - 40) * 280 / 8, 1.05 * 40 + 1.8 * 2.8, 1.05 * 40 + 1.8 * 2.8,
     1.05 * 40 + 1.8 * 2.8, 1.05 * 32.5 + 1.8 * 1.5, 0, 1.05 * 3.9 + 1.8 * 1.5, 0, 0},
    // Half a device; ACT as stated; 16 bits at 14 Gb/s are 8/7 ns long; REF with VPP.
    {"gddr6_16", "8Gb", 3240, 1.35 * 0.5 * (1220 - 460) * 8 / 7, 1.35 * 0.5 * (1470 - 460) * 8 / 7,
     0.5 * (1.35 * (790 - 460) + 1.8 * (77 - 10)) * 120,
     0.5 * (1.35 * (790 - 460) + 1.8 * (77 - 10)) * 120 / 16, 0.5 * (1.35 * 460 + 1.8 * 10),
     0.5 * (1.35 * 460 + 1.8 * 10), 0.5 * (1.35 * 460 + 1.8 * 10), 0.5 * (1.35 * 310 + 1.8 * 10), 0,
     0.5 * (1.35 * 230 + 1.8 * 10), 0, 0},
    // Half a channel; bursts of 2 ns at (1357 - 35.5) / 1.2 and (924 - 35.5) / 1.2 mA.
    {"hbm2_2000", "8Gb", 1.2 * 0.5 * (42.7 * 48 - 35.5 * 34 - 38 * 14),
     1.2 * 0.5 * (1357 - 35.5) / 1.2 * 2, 1.2 * 0.5 * (924 - 35.5) / 1.2 * 2,
     1.2 * 0.5 * (92.8 - 35.5) * 350, 1.2 * 0.5 * (92.8 - 35.5) * 350 / 16, 1.2 * 0.5 * 35.5,
     1.2 * 0.5 * 35.5, 1.2 * 0.5 * 35.5, 1.2 * 0.5 * 38, 0, 1.2 * 0.5 * 7, 0, 58.75},
    // 45 and 26 cycles of 0.625 ns; 32 banks.
    {"hbm3_6400", "16Gb_8hi", 1.1 * 0.5 * (96.2 * 71 - 89 * 71) * 0.625,
     1.1 * 0.5 * (1532 - 89) * 1.25, 1.1 * 0.5 * (1059 - 89) * 1.25, 1.1 * 0.5 * (194 - 89) * 350,
     1.1 * 0.5 * (194 - 89) * 350 / 32, 1.1 * 0.5 * 89, 1.1 * 0.5 * 89, 1.1 * 0.5 * 89,
     1.1 * 0.5 * 89, 0, 1.1 * 0.5 * 22, 0, 26.9375},
    // 45 and 19 cycles; a burst is 2/1.3 ns at 5.2/6.4 of the excess: as much a bit as at 6.4.
    {"hbm3_5200", "16Gb_8hi", 1.1 * 0.5 * (96.2 * 64 - 89 * 64) * kHbm5,
     1.1 * 0.5 * (1532 - 89) * 1.25, 1.1 * 0.5 * (1059 - 89) * 1.25, 1.1 * 0.5 * (194 - 89) * 350,
     1.1 * 0.5 * (194 - 89) * 350 / 32, 1.1 * 0.5 * 89, 1.1 * 0.5 * 89, 1.1 * 0.5 * 89,
     1.1 * 0.5 * 89, 0, 1.1 * 0.5 * 22, 0, 26.9375},
    // 34 and 14 ns; no states besides standby are in its sheet.
    {"hbm2_neupims", "", 1.2 * (65 * 48 - 55 * 34 - 40 * 14), 1.2 * (390 - 55) * 2,
     1.2 * (500 - 55) * 2, 1.2 * (250 - 55) * 260, 0, 1.2 * 55, 1.2 * 55, 1.2 * 55, 1.2 * 40, 0, 0,
     0, 0},
};

class EnergyOfStandard : public testing::TestWithParam<HandSum> {
 protected:
  [[nodiscard]] Spec spec() const {
    SpecDescription description = test::describe(GetParam().file);
    description.density = GetParam().density;
    return Spec::from(description);
  }
};

// The files state currents with three decimals.
void expect_sum(double actual, double expected) {
  EXPECT_NEAR(actual, expected, 5e-6 * expected + 1e-9);
}

TEST_P(EnergyOfStandard, OfEachCommandIsTheHandSum) {
  const Spec standard = spec();
  const HandSum& sum = GetParam();
  EXPECT_GT(sum.activate, 0);
  expect_sum(of_commands(standard, "ACT").activate_precharge, sum.activate);
  expect_sum(of_commands(standard, "RD").read, sum.read);
  expect_sum(of_commands(standard, "RDA", 3).read, 3 * sum.read);
  expect_sum(of_commands(standard, "WR").write, sum.write);
  expect_sum(of_commands(standard, "WRA", 3).write, 3 * sum.write);
  expect_sum(of_commands(standard, "REF", 2).refresh, 2 * sum.refresh);
  EXPECT_EQ(of_commands(standard, "PRE").total(), 0);
  EXPECT_EQ(of_commands(standard, "PREA").total(), 0);
  const int bank_refresh = standard.command(CommandKind::kRefreshBanks);
  EXPECT_EQ(bank_refresh >= 0, sum.bank_refresh > 0);
  if (bank_refresh >= 0) {
    const std::string& name = standard.commands[static_cast<std::size_t>(bank_refresh)].name;
    expect_sum(of_commands(standard, name, 5).refresh, 5 * sum.bank_refresh);
  }
  EXPECT_EQ(of_commands(standard, "ACT").family, "currents");
  EXPECT_EQ(of_commands(standard, "ACT").source, standard.currents->source);
}

TEST_P(EnergyOfStandard, OfEachStateIsTheHandSum) {
  const Spec standard = spec();
  const HandSum& sum = GetParam();
  constexpr Cycle kCycles = 1200;
  const double ns = kCycles * base::to_double(standard.tck) / 1e6;
  const auto banks = static_cast<Cycle>(standard.banks() / standard.ranks());
  ChannelStatistics active = nothing(standard);
  active.ranks[0].active = kCycles;
  active.ranks[0].open_bank_cycles = kCycles;
  expect_sum(energy(active, standard).background_active, sum.one_open * ns);
  active.ranks[0].open_bank_cycles = banks * kCycles;
  expect_sum(energy(active, standard).background_active, sum.all_open * ns);
  const Energy refreshing = of_state(standard, &RankStatistics::refreshing, kCycles);
  expect_sum(refreshing.background_active, sum.refreshing * ns);
  expect_sum(refreshing.constant, sum.constant * ns);
  const Energy precharged = of_state(standard, &RankStatistics::precharged, kCycles);
  expect_sum(precharged.background_precharged, sum.precharged * ns);
  expect_sum(precharged.total(), (sum.precharged + sum.constant) * ns);
  struct State {
    Cycle RankStatistics::* state;
    double Energy::* member;
    double milliwatts;
    std::string missing;
  };
  for (const State& s :
       std::vector<State>{{&RankStatistics::active_power_down, &Energy::background_power_down,
                           sum.active_power_down, "active power-down"},
                          {&RankStatistics::precharged_power_down, &Energy::background_power_down,
                           sum.precharged_power_down, "precharged power-down"},
                          {&RankStatistics::self_refresh, &Energy::self_refresh, sum.self_refresh,
                           "self refresh"}}) {
    SCOPED_TRACE(s.missing);
    if (s.milliwatts == 0) {
      EXPECT_THROW((void)of_state(standard, s.state, 1), base::UserError);
      continue;
    }
    const Energy used = of_state(standard, s.state, kCycles);
    expect_sum(used.*s.member, s.milliwatts * ns);
    expect_sum(used.constant, sum.constant * ns);
    expect_sum(used.total(), (s.milliwatts + sum.constant) * ns);
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, EnergyOfStandard, testing::ValuesIn(kHandSums),
                         [](const auto& parameter) {
                           return parameter.param.file + "_" + parameter.param.density;
                         });

TEST(Energy, EveryStandardWithCurrentsHasAHandSum) {
  for (const std::string file :
       {"ddr4_2400", "ddr4_3200", "ddr5_4800", "ddr5_6400", "lpddr5_6400", "gddr6_16", "hbm2_2000",
        "hbm2e_3200", "hbm3_5200", "hbm3_6400", "hbm2_neupims"}) {
    const bool has_currents = test::shipped(file).currents.has_value();
    EXPECT_EQ(std::any_of(kHandSums.begin(), kHandSums.end(),
                          [&](const HandSum& sum) { return sum.file == file; }),
              has_currents)
        << file;
  }
}

TEST(Energy, OfHbm2eIsTheEnergyOfItsBits) {
  const Spec hbm2e = test::shipped("hbm2e_3200");
  EXPECT_DOUBLE_EQ(of_commands(hbm2e, "ACT").activate_precharge, 909);
  // 32 bytes of 3.48 pJ a bit.
  EXPECT_DOUBLE_EQ(of_commands(hbm2e, "RD").read, 256 * 3.48);
  EXPECT_DOUBLE_EQ(of_commands(hbm2e, "WRA").write, 256 * 3.48);
  // 4 rows of 32 banks; one bank of them.
  EXPECT_DOUBLE_EQ(of_commands(hbm2e, "REF").refresh, 4 * 32 * 909);
  EXPECT_DOUBLE_EQ(of_commands(hbm2e, "REFpb").refresh, 4 * 909);
  // 58.75 mW and half of 38 mA at 1.2 V for 1600 cycles of 0.625 ns, in any state.
  EXPECT_DOUBLE_EQ(of_state(hbm2e, &RankStatistics::precharged, 1600).total(), 81.55 * 1000);
  EXPECT_DOUBLE_EQ(of_state(hbm2e, &RankStatistics::self_refresh, 1600).total(), 81.55 * 1000);
  EXPECT_EQ(of_commands(hbm2e, "RD").family, "energy per bit");
  EXPECT_THAT(of_commands(hbm2e, "RD").source, HasSubstr("Duplex"));
}

TEST(Energy, OfADensityReplacesThatOfTheStandard) {
  // DDR5 x4 has no public currents: 14 pJ a bit of 64 bytes.
  SpecDescription description = test::describe("ddr5_4800");
  description.density = "16Gb_x4";
  const Spec x4 = Spec::from(description);
  EXPECT_DOUBLE_EQ(of_commands(x4, "RD").read, 512 * 14);
  EXPECT_EQ(of_commands(x4, "RD").family, "energy per bit");
}

// The second row buffer of NeuPIMs: 40 mA at 1.2 V while it is closed, 55 mA while a row is open.
TEST(Energy, OfASecondRowBufferIsASecondStandby) {
  const std::filesystem::path folder = std::filesystem::path(ORRERY_SOURCE_DIR) / "configs" / "pim";
  const Spec dual = load_spec(folder / "neupims.yaml");
  ChannelStatistics statistics = nothing(dual);
  statistics.ranks[0].active = 600;
  statistics.ranks[0].refreshing = 260;
  statistics.ranks[0].precharged = 140;
  statistics.ranks[0].further_open = 300;
  const Energy used = energy(statistics, dual);
  // 1000 cycles of 1 ns, 300 of them with a row open.
  EXPECT_NEAR(used.background_buffers, 1.2 * (40 * 700 + 55 * 300), 1e-6);
  // The first buffer draws what it draws without the second.
  EXPECT_NEAR(used.total() - used.background_buffers, 1.2 * (55 * 860 + 40 * 140), 1e-6);
  EXPECT_EQ(energy(statistics, load_spec(folder / "newton.yaml")).background_buffers, 0);
}

std::string complaint(const ChannelStatistics& statistics, const Spec& spec) {
  try {
    (void)energy(statistics, spec);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Energy, NamesEveryCurrentThatIsMissing) {
  // LPDDR5: of IDD3P and IDD6 neither rail has a figure.
  const Spec lpddr5 = test::shipped("lpddr5_6400");
  ChannelStatistics statistics = nothing(lpddr5);
  statistics.ranks[0].active_power_down = 1;
  statistics.ranks[0].self_refresh = 1;
  const std::string text = complaint(statistics, lpddr5);
  EXPECT_THAT(text, HasSubstr("energy of active power-down is asked for, and rail 'VDD2H' has no "
                              "idd3p"));
  EXPECT_THAT(text, HasSubstr("energy of self refresh is asked for, and rail 'VDD2H' has no idd6"));
  EXPECT_THAT(text, HasSubstr("rail 'VDD1' has no idd6"));
}

TEST(Energy, OfACommandNeedsItsCurrentOfTheMainRailOnly) {
  SpecDescription description = test::describe("ddr5_4800");
  description.currents->bank_refresh_as_share = false;
  description.currents->rails[0].idd0.reset();
  description.currents->rails[0].idd4r.reset();
  description.currents->rails[0].idd4w.reset();
  description.currents->rails[0].idd5b.reset();
  const Spec spec = Spec::from(description);
  for (const auto& [name, key] :
       std::vector<std::pair<std::string, std::string>>{{"ACT", "idd0"},
                                                        {"RD", "idd4r"},
                                                        {"WRA", "idd4w"},
                                                        {"REF", "idd5b"},
                                                        {"REFsb", "idd5_bank"}}) {
    const std::string text = complaint(commands(spec, name, 1), spec);
    EXPECT_THAT(text, HasSubstr("rail 'VDD' has no " + key));
    EXPECT_THAT(text, testing::Not(HasSubstr("VPP")));
    // What was not used is not asked for.
    EXPECT_EQ(complaint(commands(spec, name, 0), spec), "");
  }
}

TEST(Energy, OfAnActivationMayBeStated) {
  SpecDescription description = test::describe("gddr6_16");
  description.currents->rails[0].idd0.reset();
  EXPECT_DOUBLE_EQ(of_commands(Spec::from(description), "ACT", 2).activate_precharge, 2 * 3240);
}

TEST(Energy, FallsBackToEnergyPerBit) {
  SpecDescription description = test::describe("ddr4_2400");
  description.currents.reset();
  description.per_bit = PerBitEnergy{100, 2, 3, 1000, 5, "test"};
  const Spec spec = Spec::from(description);
  ChannelStatistics statistics = nothing(spec);
  statistics.commands[static_cast<std::size_t>(spec.command("ACT"))] = 1;
  statistics.commands[static_cast<std::size_t>(spec.command("RD"))] = 1;
  statistics.commands[static_cast<std::size_t>(spec.command("REF"))] = 2;
  statistics.ranks[0].active = 600;
  const Energy used = energy(statistics, spec);
  // One ACT; 512 bits at 2 pJ; two refreshes; 600 cycles of 5/6 ns at 5 mW.
  EXPECT_NEAR(used.activate_precharge, 100, 1e-9);
  EXPECT_NEAR(used.read, 1024, 1e-9);
  EXPECT_NEAR(used.refresh, 2000, 1e-9);
  EXPECT_NEAR(used.constant, 5 * 500, 1e-9);
  EXPECT_NEAR(used.total(), 100 + 1024 + 2000 + 2500, 1e-9);
  EXPECT_EQ(used.family, "energy per bit");
  description.per_bit.reset();
  const Spec none = Spec::from(description);
  EXPECT_THAT(complaint(nothing(none), none), HasSubstr("neither currents nor energies per bit"));
}

TEST(Energy, AddsUpByComponents) {
  Energy sum;
  Energy other;
  double value = 1;
  for (double Energy::* member :
       {&Energy::activate_precharge, &Energy::read, &Energy::write, &Energy::refresh,
        &Energy::background_active, &Energy::background_precharged, &Energy::background_power_down,
        &Energy::self_refresh, &Energy::constant, &Energy::background_buffers, &Energy::pim}) {
    other.*member = value;
    value *= 2;
  }
  sum.add(other);
  sum.add(other);
  // 2 (1 + 2 + ... + 1024).
  EXPECT_EQ(sum.total(), 2 * 2047);
}

struct Sink : CompletionSink {
  void slice_done(std::uint64_t, std::uint32_t, Cycle) override {}
};

void submit(Channel& channel, const Spec& spec, std::uint64_t address, bool is_write) {
  Transfer transfer;
  transfer.address = address;
  transfer.row_bytes = spec.access_bytes;
  Slice slice;
  slice.cursor = SliceCursor(transfer, AddressMap(1, spec.access_bytes), 0,
                             static_cast<int>(spec.access_bytes));
  slice.is_write = is_write;
  channel.submit(slice, 0);
}

TEST(Energy, OfARunIsTheHandSumOfItsCommandsAndStates) {
  // One read and one write of two banks of a DDR4 rank, refresh off, 1000 cycles of 5/6 ns.
  const Spec spec = test::shipped("ddr4_2400");
  ChannelConfig config;
  config.controller.refresh_policy = RefreshPolicyKind::kNone;
  Sink sink;
  Channel channel(spec, config, sink);
  submit(channel, spec, 0, false);
  submit(channel, spec, 64, true);
  channel.advance(1000);
  const ChannelStatistics statistics = channel.statistics();
  const Energy used = energy(statistics, spec);
  const double tck = 5.0 / 6.0;
  // 8 devices at 1.2 V. ACT + PRE: 48 (39 + 17) - 43 x 39 - 34 x 17 = 433 mA cycles.
  EXPECT_NEAR(used.activate_precharge, 2 * 8 * 1.2 * 433 * tck, 1e-6);
  // RD: (135 - 43) x 4 cycles; WR: (123 - 43) x 4 cycles.
  EXPECT_NEAR(used.read, 8 * 1.2 * 92 * 4 * tck, 1e-6);
  EXPECT_NEAR(used.write, 8 * 1.2 * 80 * 4 * tck, 1e-6);
  EXPECT_EQ(used.refresh, 0);
  // The first activation issues in cycle 0, rows stay open.
  EXPECT_EQ(statistics.ranks[0].active, 1000);
  EXPECT_NEAR(used.background_active, 8 * 1.2 * 43 * 1000 * tck, 1e-6);
  EXPECT_EQ(used.background_precharged, 0);
  // The accesses' own share.
  const Energy accesses = access_energy(statistics.total, spec);
  EXPECT_NEAR(accesses.total(), used.activate_precharge + used.read + used.write, 1e-6);
}

TEST(Energy, OfRefreshAndStandbyIsTheHandSum) {
  // HBM2: 1 ns, half a channel's current for each of 2 pseudo-channels, 58.75 mW always. Idle for
  // 4000 ns: the pseudo-channels refresh at 3900 and, one command a cycle, 3901; 100 and 99 of
  // their 350 ns are over.
  const Spec spec = test::shipped("hbm2_2000");
  Sink sink;
  Channel channel(spec, {}, sink);
  channel.advance(4000);
  const Energy used = energy(channel.statistics(), spec);
  EXPECT_NEAR(used.refresh, 2 * 0.5 * 1.2 * (92.8 - 35.5) * 350, 1e-6);
  EXPECT_NEAR(used.background_active, 0.5 * 1.2 * 35.5 * (100 + 99), 1e-6);
  EXPECT_NEAR(used.background_precharged, 0.5 * 1.2 * 38.0 * (3900 + 3901), 1e-6);
  EXPECT_NEAR(used.constant, 58.75 * 8000, 1e-6);
  EXPECT_EQ(used.activate_precharge + used.read + used.write, 0);
}

}  // namespace
}  // namespace orrery::memory::dram
