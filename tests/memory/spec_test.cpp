// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory/dram/expression.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram {
namespace {

using base::Rational;
using testing::HasSubstr;

Rational value(const std::string& text, const Rational& tck = Rational(2'500'000, 3)) {
  return evaluate(text, tck, [](std::string_view name) -> std::optional<Rational> {
    return name == "nBL" ? std::optional<Rational>(4) : std::nullopt;
  });
}

std::string error_of(const std::string& text) {
  try {
    (void)value(text);
  } catch (const ExpressionError& error) {
    return error.message;
  }
  return "";
}

TEST(Expression, FollowsTheUsualRules) {
  EXPECT_EQ(value("2 + 3 * nBL - 1"), 13);
  EXPECT_EQ(value("(2 + 3) * nBL / 8"), Rational(5, 2));
  EXPECT_EQ(value("max(1, nBL, 3) - min(7, 2)"), 2);
  EXPECT_EQ(value("-2 + 3"), 1);
  EXPECT_EQ(value("ceil(7 / 2) + floor(7 / 2)"), 7);
}

TEST(Expression, RoundsTimesUpByTheExactClock) {
  // tCK = 5/6 ns: 7.5 ns are exactly 9 cycles, 350 ns exactly 420, 13 ns 15.6.
  EXPECT_EQ(value("ns(7.5)"), 9);
  EXPECT_EQ(value("ns(350)"), 420);
  EXPECT_EQ(value("ns(13)"), 16);
  EXPECT_EQ(value("floor_ns(13)"), 15);
}

TEST(Expression, SaysWhatIsWrong) {
  EXPECT_THAT(error_of("nBl + 1"), HasSubstr("unknown name 'nBl'"));
  EXPECT_THAT(error_of("1 +"), HasSubstr("ends early"));
  EXPECT_THAT(error_of("1 2"), HasSubstr("unexpected '2'"));
  EXPECT_THAT(error_of("1 / (2 - 2)"), HasSubstr("division by zero"));
  EXPECT_THAT(error_of("mix(1)"), HasSubstr("unknown function 'mix'"));
  EXPECT_THAT(error_of("(1"), HasSubstr("expected ')'"));
  EXPECT_THAT(error_of("ns(1, 2)"), HasSubstr("wrong number of arguments"));
  EXPECT_THAT(error_of("1.2.3"), HasSubstr("is not a number"));
  EXPECT_THAT(error_of("99999999999"), HasSubstr("too large"));
  EXPECT_THAT(error_of("999999999 * 999999999 * 999999999"), HasSubstr("too large"));
  EXPECT_THAT(error_of(std::string(500, '(')), HasSubstr("too many nested"));
}

TEST(Spec, ShippedStandardsHaveTheFiguresOfTheirSheets) {
  const Spec ddr4 = test::shipped("ddr4_2400");
  EXPECT_EQ(ddr4.capacity_bytes(), std::int64_t{8} << 30);
  EXPECT_DOUBLE_EQ(ddr4.peak_bytes_per_second(), 19.2e9);
  // dram.md 2.1, in cycles of 5/6 ns.
  for (const auto& [name, cycles] : std::vector<std::pair<std::string, Cycle>>{{"nCL", 17},
                                                                               {"nCWL", 12},
                                                                               {"nRAS", 39},
                                                                               {"nRC", 56},
                                                                               {"nWR", 18},
                                                                               {"nRTP", 9},
                                                                               {"nCCD_L", 6},
                                                                               {"nRRD_S", 4},
                                                                               {"nRRD_L", 6},
                                                                               {"nFAW", 26},
                                                                               {"nWTR_S", 3},
                                                                               {"nWTR_L", 9},
                                                                               {"nRFC", 420},
                                                                               {"nREFI", 9360},
                                                                               {"nRTW", 11}}) {
    EXPECT_EQ(ddr4.parameter(name), cycles) << name;
  }
  const Spec hbm2 = test::shipped("hbm2_2000");
  EXPECT_EQ(hbm2.capacity_bytes(), std::int64_t{1} << 30);
  EXPECT_DOUBLE_EQ(hbm2.peak_bytes_per_second(), 32e9);
  EXPECT_EQ(hbm2.parameter("nRTW"), 13);
  EXPECT_EQ(hbm2.parameter("nRFC"), 350);
  const Spec neupims = test::shipped("hbm2_neupims");
  EXPECT_EQ(neupims.capacity_bytes(), std::int64_t{1} << 30);
  EXPECT_DOUBLE_EQ(neupims.peak_bytes_per_second(), 32e9);
}

TEST(Spec, ADensityChangesRowsAndTiming) {
  SpecDescription description = test::describe("hbm2_2000");
  description.density = "4Gb";
  const Spec spec = Spec::from(description);
  EXPECT_EQ(spec.capacity_bytes(), std::int64_t{512} << 20);
  EXPECT_EQ(spec.parameter("nRFC"), 260);
}

// The message for a DDR4 description after a change.
template <class Change>
std::string complaint(Change change) {
  SpecDescription description = test::describe("ddr4_2400");
  change(description);
  try {
    (void)Spec::from(description);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
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
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nREFI", "800"); }),
              HasSubstr("leaves no time to work"));
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nRC", "nRC + 1"); }),
              HasSubstr("defined by itself"));
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nRTW", "nCWL - nCL"); }),
              HasSubstr("expected 0 to"));
  EXPECT_THAT(complaint([](SpecDescription& d) { test::set(d, "nRTW", "7 / 2"); }),
              HasSubstr("a whole number"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.rows = 1000; }), HasSubstr("a power of two"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.levels[1].count = 64; }),
              HasSubstr("at most 64"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.commands.pop_back(); }),
              HasSubstr("kind 'refresh_all'"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.address_order.pop_back(); }),
              HasSubstr("the address order lacks 'row'"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.constraints.back().scope.text = "bank"; }),
              HasSubstr("acts on a level above"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.tck = 0; }), HasSubstr("clock period"));
  EXPECT_THAT(complaint([](SpecDescription& d) { d.density = "2Gb"; }),
              HasSubstr("unknown density '2Gb'"));
}

}  // namespace
}  // namespace orrery::memory::dram
