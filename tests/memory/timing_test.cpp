// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "memory/dram/timing_state.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram {
namespace {

std::vector<int> all_commands(const Spec& spec) {
  std::vector<int> all(spec.commands.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// A device that says when a command is allowed; banks by number through the channel.
struct Device {
  explicit Device(Spec s) : spec(std::move(s)), table(spec, all_commands(spec)), state(table) {}

  void issue(const std::string& command, unsigned bank, Cycle cycle) {
    state.issue(spec.command(command), bank, cycle);
  }
  bool allowed(const std::string& command, unsigned bank, Cycle cycle) const {
    return state.earliest(spec.command(command), bank) <= cycle;
  }

  Spec spec;
  TimingTable table;
  TimingState state;
};

struct Case {
  std::string earlier;
  std::string later;
  unsigned later_bank;  // the earlier command goes to bank 0
  Cycle delay;
};

void expect_edges(const Spec& spec, const std::vector<Case>& cases) {
  constexpr Cycle kStart = 1000;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.earlier + " -> " + c.later + " of bank " + std::to_string(c.later_bank));
    Device device(spec);
    EXPECT_TRUE(device.allowed(c.later, c.later_bank, 0));
    device.issue(c.earlier, 0, kStart);
    EXPECT_FALSE(device.allowed(c.later, c.later_bank, kStart + c.delay - 1));
    EXPECT_TRUE(device.allowed(c.later, c.later_bank, kStart + c.delay));
  }
}

// DDR4-2400: CL 17, CWL 12, BL 4, RCD 17, RP 17, RAS 39, RC 56, WR 18, RTP 9, CCD 4/6, RRD 4/6,
// WTR 3/9, RTRS 2, RFC 420. W2R = CWL + BL + WTR = 19/25, W2P = CWL + BL + WR = 34,
// RTW = CL + BL - CWL + 2 = 11. Banks: rank r, group g, bank b = 16 r + 4 g + b.
TEST(TimingTable, Ddr4BlocksUntilTheCycleBeforeEachConstraint) {
  expect_edges(test::ddr4_of_two_ranks(),
               {{"RD", "RD", 4, 4},
                {"RD", "RD", 1, 6},
                {"RD", "RDA", 0, 6},
                {"WR", "WR", 4, 4},
                {"WR", "WR", 1, 6},
                {"RD", "WR", 4, 11},
                {"RDA", "WRA", 0, 11},
                {"WR", "RD", 4, 19},
                {"WR", "RD", 1, 25},
                // max(25, 34 - 9)
                {"WR", "RDA", 0, 25},
                // other rank: BL + RTRS; CL + BL + RTRS - CWL; max(CWL + BL + RTRS - CL, 1)
                {"RD", "RD", 16, 6},
                {"RD", "WR", 16, 11},
                {"WR", "RD", 16, 1},
                {"WR", "WR", 16, 6},
                {"ACT", "RD", 0, 17},
                {"ACT", "WR", 0, 17},
                {"ACT", "PRE", 0, 39},
                {"ACT", "PREA", 0, 39},
                {"ACT", "ACT", 0, 56},
                {"ACT", "ACT", 4, 4},
                {"ACT", "ACT", 1, 6},
                {"PRE", "ACT", 0, 17},
                {"PREA", "ACT", 5, 17},
                {"RD", "PRE", 0, 9},
                {"RD", "PREA", 0, 9},
                {"WR", "PRE", 0, 34},
                {"WR", "PREA", 0, 34},
                {"RDA", "ACT", 0, 26},
                {"WRA", "ACT", 0, 51},
                {"RDA", "PREA", 0, 9},
                {"WRA", "PREA", 0, 34},
                {"ACT", "REF", 0, 56},
                {"PRE", "REF", 0, 17},
                {"PREA", "REF", 0, 17},
                {"RDA", "REF", 0, 26},
                {"WRA", "REF", 0, 51},
                {"REF", "ACT", 7, 420},
                {"REF", "REF", 0, 420},
                {"REF", "PRE", 3, 420},
                {"REF", "PREA", 0, 420}});
}

// HBM2: CL 14, CWL 5, BL 2, RCD 14/12, RP 14, RAS 34, RC 48, WR 16, RTP 5, CCD 2/4, RRD 4/6,
// WTR 6/9, RFC 350. W2R = 13/16, W2P = 23, RTW = 14 + 2 + 2 - 5 = 13.
// ACT takes 2 cycles and delays count between last ones: what follows an ACT comes one cycle later,
// an ACT one cycle earlier.
TEST(TimingTable, Hbm2BlocksUntilTheCycleBeforeEachConstraint) {
  expect_edges(test::shipped("hbm2_2000"),
               {{"RD", "RD", 4, 2},    {"RD", "RD", 1, 4},     {"WR", "WR", 4, 2},
                {"WR", "WR", 1, 4},    {"RD", "WR", 4, 13},    {"WR", "RD", 4, 13},
                {"WR", "RD", 1, 16},   {"WR", "RDA", 0, 18},   {"ACT", "RD", 0, 15},
                {"ACT", "WR", 0, 13},  {"ACT", "PRE", 0, 35},  {"ACT", "PREA", 0, 35},
                {"ACT", "ACT", 0, 48}, {"ACT", "ACT", 4, 4},   {"ACT", "ACT", 1, 6},
                {"PRE", "ACT", 0, 13}, {"PREA", "ACT", 9, 13}, {"RD", "PRE", 0, 5},
                {"WR", "PRE", 0, 23},  {"RD", "PREA", 0, 5},   {"WR", "PREA", 0, 23},
                {"RDA", "ACT", 0, 18}, {"WRA", "ACT", 0, 36},  {"ACT", "REF", 0, 49},
                {"PRE", "REF", 0, 14}, {"PREA", "REF", 0, 14}, {"RDA", "REF", 0, 19},
                {"WRA", "REF", 0, 37}, {"REF", "ACT", 3, 349}, {"REF", "PREA", 0, 350}});
}

TEST(TimingTable, PseudoChannelsDoNotDelayEachOther) {
  Device device(test::shipped("hbm2_2000"));
  for (const std::string command : {"ACT", "RD", "WR", "PRE", "PREA", "REF"}) {
    device.issue(command, 0, 1000);
  }
  for (const std::string command : {"ACT", "RD", "WR", "PRE", "PREA", "REF"}) {
    EXPECT_TRUE(device.allowed(command, 16, 0)) << command;
  }
}

TEST(TimingTable, TheFifthActivationWaitsForTheWindow) {
  // DDR4: FAW 26. Activations at 0, 6, 12, 18 of four groups: the fifth at 26, not at 18 + RRD.
  Device ddr4(test::shipped("ddr4_2400"));
  for (unsigned i = 0; i < 4; ++i) {
    ddr4.issue("ACT", 4 * i, 6 * i);
  }
  EXPECT_FALSE(ddr4.allowed("ACT", 1, 25));
  EXPECT_TRUE(ddr4.allowed("ACT", 1, 26));
  // The window moves on: the sixth waits for the second.
  ddr4.issue("ACT", 1, 26);
  EXPECT_FALSE(ddr4.allowed("ACT", 5, 31));
  EXPECT_TRUE(ddr4.allowed("ACT", 5, 32));
  // HBM2: FAW 16, RRD_S 4: at 0, 4, 8, 12 the window does not bind, at 0, 1, ... it would. Each
  // pseudo-channel counts by itself.
  Device hbm2(test::shipped("hbm2_neupims"));
  // FAW 30.
  for (unsigned i = 0; i < 4; ++i) {
    hbm2.issue("ACT", 4 * i, 4 * i);
  }
  EXPECT_FALSE(hbm2.allowed("ACT", 1, 29));
  EXPECT_TRUE(hbm2.allowed("ACT", 1, 30));
  EXPECT_TRUE(hbm2.allowed("ACT", 17, 16));
}

}  // namespace
}  // namespace orrery::memory::dram
