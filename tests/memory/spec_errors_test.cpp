// SPDX-License-Identifier: Apache-2.0
// What a standard may not say, and what is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/memory/specs.h"

namespace orrery::memory::dram {
namespace {

using testing::HasSubstr;

// The message for a description after a change.
template <class Change>
std::string complaint(Change change, const std::string& standard = "ddr4_2400") {
  SpecDescription description = test::describe(standard);
  change(description);
  try {
    (void)Spec::from(description);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

CommandDescription& command(SpecDescription& description, const std::string& name) {
  return *std::find_if(description.commands.begin(), description.commands.end(),
                       [&](const CommandDescription& c) { return c.name.text == name; });
}

void remove_command(SpecDescription& description, const std::string& name) {
  std::erase_if(description.commands,
                [&](const CommandDescription& c) { return c.name.text == name; });
}

TEST(Spec, NamesTheUnknownAndTheNearestKnown) {
  const std::string text = complaint([](SpecDescription& d) {
    d.constraints[0].delay.text = "nBl";
    d.constraints[1].later[0].text = "WRR";
    d.constraints[2].scope.text = "rnk";
  });
  EXPECT_THAT(text, HasSubstr("unknown name 'nBl'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'nBL'?"));
  EXPECT_THAT(text, HasSubstr("unknown command 'WRR'"));
  EXPECT_THAT(text, HasSubstr("unknown level 'rnk'"));
  EXPECT_THAT(text, HasSubstr("did you mean 'rank'?"));
  // The place in the file is kept.
  EXPECT_THAT(text, HasSubstr("ddr4_2400.yaml:"));
}

TEST(Spec, RefusesWhatCannotWork) {
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nRC", "nRC + 1"); }),
              HasSubstr("defined by itself"));
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nRTW", "nCWL - nCL"); }),
              HasSubstr("expected 0 to"));
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nRTW", "7 / 2"); }),
              HasSubstr("a whole number"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.rows = 1000; }), HasSubstr("a power of two"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.levels[1].count = 64; }),
              HasSubstr("at most 64"));
  EXPECT_THAT(complaint([](SpecDescription& d) { remove_command(d, "REF"); }),
              HasSubstr("kind 'refresh_all'"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.address_order.pop_back(); }),
              HasSubstr("the address order lacks 'row'"));
  EXPECT_THAT(complaint([](SpecDescription& d) {
                for (ConstraintDescription& row : d.constraints) {
                  row.scope = row.later[0].text == "REF" ? "bank" : row.scope;
                }
              }),
              HasSubstr("acts on a level above"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.tck = 0; }), HasSubstr("clock period"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.density = "2Gb"; }),
              HasSubstr("unknown density '2Gb'"));
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nBL", "0"); }),
              HasSubstr("a burst takes no time"));
}

TEST(Spec, RefusesWhatLeavesNoTimeToWork) {
  // A refresh of 420 cycles: 840 is too short, 841 is not; nXSDLL does not count.
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nREFI", "840"); }),
              HasSubstr("a refresh of 420 cycles every 840 cycles leaves no time to work"));
  EXPECT_EQ(complaint([](SpecDescription& d) {
              test::set(d, "nREFI", "841");
              test::set(d, "nXSDLL", "5000");
            }),
            "");
  // A row that must stay open for longer than a refresh interval: nRAS = 9360, nRC with it.
  const std::string open = complaint([](SpecDescription& d) { test::set(d, "nRAS", "9360"); });
  EXPECT_THAT(open, HasSubstr("a delay of 9360 cycles is not shorter than the refresh interval"));
  EXPECT_THAT(open, HasSubstr("a delay of 9377 cycles"));
  EXPECT_THAT(open, HasSubstr("ddr4_2400.yaml:"));
  EXPECT_EQ(complaint([](SpecDescription& d) { test::set(d, "nRAS", "9359 - nRP"); }), "");
}

TEST(Spec, RefusesBankRefreshesThatDoNotFit) {
  // LPDDR5: 8 sets in 3124 cycles: 390 each fit (3120), 391 do not (3128).
  const auto spaced = [](const char* cycles) {
    return complaint([cycles](SpecDescription& d) { test::set(d, "npbR2pbR", cycles); },
                     "lpddr5_6400");
  };
  EXPECT_EQ(spaced("390"), "");
  EXPECT_THAT(spaced("391"),
              HasSubstr("8 refreshes of sets of banks at 391 cycles each do not fit"));
  // HBM3: each bank once in nREFI = 6240, at most half of which may be refresh: 3119, not 3120.
  const auto round = [](const char* cycles) {
    return complaint([cycles](SpecDescription& d) { test::set(d, "nRFCpb", cycles); }, "hbm3_6400");
  };
  EXPECT_EQ(round("3119"), "");
  EXPECT_THAT(round("3120"), HasSubstr("a bank that refreshes for 3120 of every 6240 cycles"));
  EXPECT_THAT(
      complaint([](SpecDescription& d) { d.bank_refresh_cycles = LocatedText(); }, "lpddr5_6400"),
      HasSubstr("without 'bank_refresh_duration'"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.bank_refresh_cycles = "100"; }),
              HasSubstr("without a command of kind 'refresh_banks'"));
}

TEST(Spec, RefusesCommandsAtTheWrongLevel) {
  EXPECT_THAT(complaint([](SpecDescription& d) { command(d, "PDE").scope = "bank"; }),
              HasSubstr("command 'PDE' of kind 'power_down' acts on a bank"));
  EXPECT_THAT(complaint([](SpecDescription& d) { command(d, "PDE").scope = "channel"; }),
              HasSubstr("power_down and refresh_all act on different levels"));
  EXPECT_THAT(
      complaint([](SpecDescription& d) { command(d, "REFsb").scope = "bank_group"; }, "ddr5_4800"),
      HasSubstr("command 'REFsb' of kind 'refresh_banks' acts on a bank_group"));
  EXPECT_THAT(complaint([](SpecDescription& d) { command(d, "ACT").across = "bank_group"; }),
              HasSubstr("command 'ACT' of kind 'activate' and scope 'bank' acts across"));
  EXPECT_THAT(
      complaint([](SpecDescription& d) { command(d, "REFsb").across = "rank"; }, "ddr5_4800"),
      HasSubstr("acts across 'rank'"));
  EXPECT_THAT(
      complaint([](SpecDescription& d) { command(d, "REFsb").across = "group"; }, "ddr5_4800"),
      HasSubstr("unknown level 'group'"));
  EXPECT_THAT(complaint([](SpecDescription& d) { command(d, "PDX").kind = "other"; }),
              HasSubstr("power_down without power_down_exit"));
  EXPECT_THAT(complaint([](SpecDescription& d) { command(d, "PDX").kind = "self_refresh"; }),
              HasSubstr("2 commands of kind 'self_refresh'"));
}

TEST(Spec, RefusesConstraintsThatCountInTwoWays) {
  const auto counted = [](std::int64_t window, std::int64_t every) {
    return complaint([=](SpecDescription& d) {
      d.constraints[4].window = window;
      d.constraints[4].every = every;
    });
  };
  EXPECT_EQ(counted(1, 64), "");
  EXPECT_THAT(counted(1, 65), HasSubstr("1 to 64"));
  EXPECT_THAT(counted(1, 0), HasSubstr("1 to 64"));
  EXPECT_THAT(counted(2, 2), HasSubstr("with a window and with 'every'"));
  EXPECT_THAT(complaint([](SpecDescription& d) {
                d.constraints[4].sibling = true;
                d.constraints[4].every = 2;
              }),
              HasSubstr("a sibling constraint of the channel, with a window or with 'every'"));
}

TEST(Spec, RefusesEnergiesThatCannotBeEvaluated) {
  EXPECT_THAT(complaint([](SpecDescription& d) { d.currents->rho = 1.5; }),
              HasSubstr("rho is 1.5"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.currents->rails[0].volts = 0; }),
              HasSubstr("rail 'VDD' has 0 V"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.currents->rails.clear(); }),
              HasSubstr("without a rail"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.currents->devices = 0; }),
              HasSubstr("without devices"));
  EXPECT_THAT(
      complaint([](SpecDescription& d) { d.densities[1].second.levels = {{"bank_grup", 2}}; }),
      HasSubstr("did you mean 'bank_group'?"));
}

}  // namespace
}  // namespace orrery::memory::dram
