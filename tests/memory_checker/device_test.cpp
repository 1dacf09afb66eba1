// SPDX-License-Identifier: Apache-2.0
// States of banks and ranks, command buses, data buses. The cycles are far apart unless they are
// the matter.
#include <gtest/gtest.h>

#include "tests/memory_checker/log_case.h"
#include "tests/memory_checker/standards.h"

namespace orrery::memory::checker::test {
namespace {

std::string states(const std::string& standard, const std::string& lines) {
  return brief(LogCase(dram::Spec::from(describe(standard))).check(lines, 0, Depth::kDevice));
}

TEST(TheStateOfABank, DecidesWhichCommandsItTakes) {
  const std::string open = "1000 0 command ACT 0 5 - 1\n";
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command RD 0 5 3 1\n"), "");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command RD 0 6 3 1\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command WR 1 5 3 1\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command ACT 0 6 - 2\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command PRE 0 - - 2\n"
                                       "3000 0 command ACT 0 6 - 2\n"),
            "");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command RDA 0 5 3 1\n"
                                       "3000 0 command RD 0 5 3 1\n"),
            "state 3000");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command WRA 0 5 3 1\n"
                                       "3000 0 command ACT 0 5 - 1\n"),
            "");
}

TEST(TheStateOfARank, DecidesWhetherItCanBeRefreshed) {
  const std::string open = "1000 0 command ACT 15 5 - 1\n";
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command REF 0 - - -\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command SREFEN 0 - - -\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", open + "2000 0 command PREA 0 - - -\n"
                                       "3000 0 command REF 0 - - -\n"),
            "");
  // One bank of HBM2: only that bank must be closed.
  EXPECT_EQ(states("hbm2_2000", open + "2000 0 command REFpb 14 - - -\n"), "");
  EXPECT_EQ(states("hbm2_2000", open + "2000 0 command REFpb 15 - - -\n"), "state 2000");
  // DDR5 refreshes bank i of every group at once, and here bank 3 of group 1 is open: 1 * 4 + 3
  // = 7.
  const std::string group = "1000 0 command ACT 7 5 - 1\n";
  EXPECT_EQ(states("ddr5_4800", group + "2000 0 command REFsb 2 - - -\n"), "");
  EXPECT_EQ(states("ddr5_4800", group + "2000 0 command REFsb 3 - - -\n"), "state 2000");
}

TEST(ARankInPowerDown, TakesNothingButItsExit) {
  const std::string down = "1000 0 command PDE 0 - - -\n";
  EXPECT_EQ(states("ddr4_2400", down + "2000 0 command ACT 3 5 - 1\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", down + "2000 0 command REF 0 - - -\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", down + "2000 0 command SREFEX 0 - - -\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", down + "2000 0 command PDX 0 - - -\n3000 0 command ACT 3 5 - 1\n"),
            "");
  EXPECT_EQ(states("ddr4_2400", "1000 0 command PDX 0 - - -\n"), "state 1000");
  const std::string asleep = "1000 0 command SREFEN 0 - - -\n";
  EXPECT_EQ(states("ddr4_2400", asleep + "2000 0 command PDX 0 - - -\n"), "state 2000");
  EXPECT_EQ(states("ddr4_2400", asleep + "2000 0 command SREFEX 0 - - -\n"), "");
  // The other rank of two goes on.
  const LogCase two_ranks(with_siblings("ddr4_2400"));
  ASSERT_EQ(two_ranks.spec().ranks(), 2);
  EXPECT_EQ(brief(two_ranks.check(down + "1050 0 command ACT 16 5 - 1\n", 0, Depth::kDevice)), "");
}

TEST(ACommandBus, TakesOneCommandForItsLength) {
  // DDR4: one bus, one cycle.
  const std::string first = "1000 0 command PRE 0 - - -\n";
  EXPECT_EQ(states("ddr4_2400", first + "1000 0 command PRE 4 - - -\n"), "command_bus 1000");
  EXPECT_EQ(states("ddr4_2400", first + "1001 0 command PRE 4 - - -\n"), "");
  // HBM2: ACT holds the row bus for two cycles; the column bus is another.
  const std::string open = "1000 0 command ACT 4 5 - 1\n";
  const std::string two = open + "2000 0 command ACT 0 5 - 2\n";
  EXPECT_EQ(states("hbm2_2000", two + "2001 0 command PRE 8 - - -\n"), "command_bus 2001");
  EXPECT_EQ(states("hbm2_2000", two + "2002 0 command PRE 8 - - -\n"), "");
  EXPECT_EQ(states("hbm2_2000", two + "2000 0 command RD 4 5 3 1\n"), "");
}

TEST(TheDataBus, CarriesOneBurstAtATime) {
  // Without its table DDR4 has only the bus: nBL = 4, nCL = 17, nCWL = 12.
  dram::Spec spec = dram::Spec::from(describe("ddr4_2400"));
  spec.constraints.clear();
  const LogCase bare(spec);
  const std::string open = "100 0 command ACT 0 5 - 1\n200 0 command ACT 4 5 - 2\n";
  const auto found = [&](const std::string& lines) {
    return brief(bare.check(open + lines, 0, Depth::kDevice));
  };
  const std::string read = "1000 0 command RD 0 5 0 1\n";  // data in 1017 to 1020
  EXPECT_EQ(found(read + "1003 0 command RD 4 5 0 2\n"), "data_bus 1003");
  EXPECT_EQ(found(read + "1004 0 command RD 4 5 0 2\n"), "");
  // A write at t has its data in t + 12 to t + 15: free up to t = 1001, then from 1009 on.
  EXPECT_EQ(found(read + "1001 0 command WR 4 5 0 2\n"), "");
  EXPECT_EQ(found(read + "1002 0 command WR 4 5 0 2\n"), "data_bus 1002");
  EXPECT_EQ(found(read + "1008 0 command WR 4 5 0 2\n"), "data_bus 1008");
  EXPECT_EQ(found(read + "1009 0 command WR 4 5 0 2\n"), "");
  // Also with automatic precharge.
  EXPECT_EQ(found(read + "1003 0 command RDA 4 5 0 2\n"), "data_bus 1003");
}

TEST(TheDataBus, IsOneForEachPseudoChannel) {
  dram::Spec spec = dram::Spec::from(describe("hbm2_2000"));
  spec.constraints.clear();
  const LogCase bare(spec);
  const std::string open =
      "100 0 command ACT 0 5 - 1\n200 0 command ACT 4 5 - 2\n300 0 command ACT 16 5 - 3\n"
      "1000 0 command RD 0 5 0 1\n";
  // nBL = 2: bank 4 shares the bus of bank 0, bank 16 is of the other pseudo-channel.
  EXPECT_EQ(brief(bare.check(open + "1001 0 command RD 4 5 0 2\n", 0, Depth::kDevice)),
            "data_bus 1001");
  EXPECT_EQ(brief(bare.check(open + "1001 0 command RD 16 5 0 3\n", 0, Depth::kDevice)), "");
}

TEST(TheLog, MayNotGoBack) {
  const auto found = [](const std::string& lines) { return states("ddr4_2400", lines); };
  EXPECT_EQ(found("1000 0 command PRE 0 - - -\n999 0 direction write\n"), "log_order 999");
  // Of different channels it may.
  EXPECT_EQ(found("1000 0 command PRE 0 - - -\n999 1 command PRE 0 - - -\n"), "");
}

}  // namespace
}  // namespace orrery::memory::checker::test
