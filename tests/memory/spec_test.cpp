// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/yaml.h"
#include "memory/specification/expression.h"
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

using Values = std::vector<std::pair<std::string, Cycle>>;

struct Sheet {
  std::string file;
  std::string density;
  std::int64_t mebibytes;  // of a channel
  double peak;             // gigabytes a second, of a channel
  int banks;
  int sets;  // of banks that are refreshed together
  Values values;
};

// dram.md part 1 for the organisation, part 2 for the timing in cycles, all rounded by hand there.
const std::vector<Sheet> kSheets = {
    {"ddr4_2400", "8Gb_x8", 8192, 19.2, 16, 0, {{"nCL", 17},   {"nRCDRD", 17},  {"nRP", 17},
                                                {"nCWL", 12},  {"nRAS", 39},    {"nRC", 56},
                                                {"nWR", 18},   {"nRTP", 9},     {"nCCD_S", 4},
                                                {"nCCD_L", 6}, {"nRRD_S", 4},   {"nRRD_L", 6},
                                                {"nFAW", 26},  {"nWTR_S", 3},   {"nWTR_L", 9},
                                                {"nRFC", 420}, {"nREFI", 9360}, {"nXP", 8},
                                                {"nXS", 432},  {"nXSDLL", 512}, {"nCKE", 6},
                                                {"nCKESR", 7}, {"nRTW", 11}}},
    {"ddr4_2400", "8Gb_x4", 16384, 19.2, 16, 0, {{"nFAW", 16}, {"nRRD_L", 6}}},
    {"ddr4_2400", "8Gb_x16", 4096, 19.2, 8, 0, {{"nFAW", 36}, {"nRRD_S", 7}, {"nRRD_L", 8}}},
    {"ddr4_2400", "16Gb_x8", 16384, 19.2, 16, 0, {{"nRFC", 660}, {"nXS", 672}}},
    {"ddr4_3200", "8Gb_x8", 8192, 25.6, 16, 0, {{"nCL", 22},   {"nRCDRD", 22},   {"nRP", 22},
                                                {"nCWL", 16},  {"nRAS", 52},     {"nRC", 74},
                                                {"nWR", 24},   {"nRTP", 12},     {"nCCD_S", 4},
                                                {"nCCD_L", 8}, {"nRRD_S", 4},    {"nRRD_L", 8},
                                                {"nFAW", 34},  {"nWTR_S", 4},    {"nWTR_L", 12},
                                                {"nRFC", 560}, {"nREFI", 12480}, {"nXP", 10},
                                                {"nXS", 576},  {"nCKE", 8},      {"nCKESR", 9}}},
    {"ddr4_3200",
     "16Gb_x16",
     8192,
     25.6,
     8,
     0,
     {{"nFAW", 48}, {"nRRD_S", 9}, {"nRRD_L", 11}, {"nRFC", 880}}},
    {"ddr5_4800",
     "16Gb_x8",
     8192,
     19.2,
     32,
     4,
     {{"nCL", 40},      {"nCWL", 38},  {"nRAS", 77},    {"nRC", 116},      {"nWR", 72},
      {"nRTP", 18},     {"nCCD_S", 8}, {"nCCD_L", 12},  {"nCCD_L_WR", 24}, {"nRRD_S", 8},
      {"nRRD_L", 12},   {"nFAW", 32},  {"nWTR_S", 6},   {"nWTR_L", 24},    {"nRTW", 14},
      {"nPPD", 2},      {"nRFC", 708}, {"nRFCsb", 312}, {"nREFI", 9360},   {"nREFI2", 4680},
      {"nREFSBRD", 72}, {"nXP", 18},   {"nXS", 708}}},
    {"ddr5_4800", "16Gb_x4", 16384, 19.2, 32, 4, {{"nCCD_L_WR", 48}, {"nFAW", 32}}},
    {"ddr5_4800", "16Gb_x16", 4096, 19.2, 16, 4, {{"nCCD_L_WR", 24}, {"nFAW", 40}}},
    // 195 and 115, 410 and 190 ns of 5/12 ns.
    {"ddr5_4800", "8Gb_x8", 4096, 19.2, 16, 2, {{"nRFC", 468}, {"nRFCsb", 276}}},
    {"ddr5_4800", "32Gb_x8", 16384, 19.2, 32, 4, {{"nRFC", 984}, {"nRFCsb", 456}}},
    {"ddr5_6400",
     "16Gb_x8",
     8192,
     25.6,
     32,
     4,
     {{"nCL", 46},   {"nRCDRD", 46}, {"nRP", 46},     {"nCWL", 44},     {"nRAS", 103},
      {"nRC", 149},  {"nWR", 96},    {"nRTP", 24},    {"nCCD_L", 16},   {"nCCD_L_WR", 32},
      {"nRRD_S", 8}, {"nRRD_L", 16}, {"nFAW", 32},    {"nWTR_S", 8},    {"nWTR_L", 32},
      {"nRTW", 14},  {"nRFC", 944},  {"nRFCsb", 416}, {"nREFI", 12480}, {"nREFSBRD", 96},
      {"nXP", 24}}},
    {"lpddr5_6400", "16Gb", 2048, 12.8, 16, 8, {{"nBL", 2},      {"nCL", 17},     {"nCWL", 9},
                                                {"nRCDRD", 15},  {"nRP", 15},     {"nRPab", 17},
                                                {"nRAS", 34},    {"nRC", 49},     {"nWR", 28},
                                                {"nRTP", 8},     {"nCCD_S", 2},   {"nCCD_L", 4},
                                                {"nRRD_S", 4},   {"nFAW", 16},    {"nWTR_S", 5},
                                                {"nWTR_L", 10},  {"nPPD", 2},     {"nRFC", 224},
                                                {"nRFCpb", 112}, {"nREFI", 3124}, {"npbR2pbR", 72},
                                                {"npbR2act", 6}, {"nXP", 6},      {"nXS", 230}}},
    {"lpddr5_6400", "8Gb", 1024, 12.8, 16, 8, {{"nRFC", 168}, {"nRFCpb", 96}}},
    {"gddr6_16", "8Gb", 512, 32.0, 16, 16, {{"nBL", 2},     {"nCL", 28},    {"nCWL", 7},
                                            {"nRCDRD", 30}, {"nRCDWR", 18}, {"nRP", 30},
                                            {"nRAS", 60},   {"nRC", 90},    {"nWR", 30},
                                            {"nRTP", 4},    {"nCCD_S", 2},  {"nCCD_L", 4},
                                            {"nRRD_S", 8},  {"nRRD_L", 8},  {"nFAW", 32},
                                            {"nWTR_S", 12}, {"nWTR_L", 14}, {"nRTW", 28},
                                            {"nPPD", 2},    {"nRFC", 240},  {"nRFCpb", 120},
                                            {"nRREFD", 16}, {"nREFI", 3800}}},
    {"gddr6_16", "16Gb", 1024, 32.0, 16, 16, {{"nRAS", 60}}},
    {"hbm2_2000", "8Gb", 1024, 32.0, 32, 16, {{"nCL", 14},    {"nCWL", 5},     {"nRCDRD", 14},
                                              {"nRCDWR", 12}, {"nRP", 14},     {"nRAS", 34},
                                              {"nRC", 48},    {"nWR", 16},     {"nRTP", 5},
                                              {"nCCD_S", 2},  {"nCCD_L", 4},   {"nCCD_R", 3},
                                              {"nRRD_S", 4},  {"nRRD_L", 6},   {"nFAW", 16},
                                              {"nWTR_S", 6},  {"nWTR_L", 9},   {"nRTW", 13},
                                              {"nRFC", 350},  {"nRFCpb", 160}, {"nREFI", 3900},
                                              {"nRREFD", 8},  {"nXP", 8},      {"nXS", 358}}},
    {"hbm2_2000", "4Gb", 512, 32.0, 32, 16, {{"nRFC", 260}}},
    {"hbm2_2000", "8Gb_8hi", 1024, 32.0, 64, 32, {{"nRFC", 350}}},
    {"hbm2e_3200",
     "16Gb",
     2048,
     51.2,
     64,
     32,
     {{"nCL", 23},
      {"nCWL", 8},
      {"nRCDRD", 23},
      {"nRCDWR", 20},
      {"nRP", 23},
      {"nRAS", 55},
      {"nRC", 78},
      {"nWR", 26},
      {"nRTP", 8},
      {"nRRD_S", 7},
      {"nRRD_L", 10},
      {"nFAW", 26},
      {"nWTR_S", 10},
      {"nWTR_L", 15},
      {"nRFC", 720},
      {"nRFCpb", 320},
      {"nREFI", 6240},
      {"nRREFD", 13},
      {"nXP", 13}}},
    {"hbm2e_3200", "8Gb", 1024, 51.2, 32, 16, {{"nRFC", 560}, {"nRFCpb", 256}}},
    {"hbm3_6400",
     "16Gb_8hi",
     1024,
     51.2,
     64,
     32,
     {{"nBL", 2},    {"nCL", 20},     {"nCWL", 10},   {"nRCDRD", 31}, {"nRCDWR", 15},
      {"nRP", 26},   {"nRAS", 45},    {"nRC", 72},    {"nWR", 33},    {"nRTP", 9},
      {"nCCD_S", 2}, {"nCCD_L", 4},   {"nCCD_R", 3},  {"nRRD_S", 4},  {"nRRD_L", 5},
      {"nFAW", 24},  {"nWTR_S", 7},   {"nWTR_L", 10}, {"nRTW", 20},   {"nPPD", 2},
      {"nRFC", 560}, {"nRFCpb", 320}, {"nRREFD", 13}, {"nREFI", 6240}}},
    {"hbm3_6400", "16Gb_4hi", 512, 51.2, 32, 16, {{"nRFC", 416}}},
    {"hbm3_5200",
     "16Gb_8hi",
     1024,
     41.6,
     64,
     32,
     {{"nCL", 19},     {"nCWL", 6},    {"nRCDRD", 19}, {"nRCDWR", 19}, {"nRP", 19},   {"nRAS", 45},
      {"nRC", 64},     {"nWR", 21},    {"nRTP", 8},    {"nCCD_S", 2},  {"nCCD_L", 4}, {"nRRD_S", 2},
      {"nRRD_L", 4},   {"nFAW", 39},   {"nWTR_S", 8},  {"nWTR_L", 11}, {"nRTW", 17},  {"nRFC", 455},
      {"nRFCpb", 260}, {"nRREFD", 11}, {"nREFI", 5070}}},
};

TEST(Spec, ShippedStandardsHaveTheFiguresOfTheirSheets) {
  for (const Sheet& sheet : kSheets) {
    SCOPED_TRACE(sheet.file + " " + sheet.density);
    SpecDescription description = test::describe(sheet.file);
    description.density = sheet.density;
    const Spec spec = Spec::from(description);
    EXPECT_EQ(spec.capacity_bytes(), sheet.mebibytes << 20);
    EXPECT_DOUBLE_EQ(spec.peak_bytes_per_second(), sheet.peak * 1e9);
    EXPECT_EQ(spec.banks(), sheet.banks);
    EXPECT_EQ(spec.refresh_sets(), sheet.sets);
    EXPECT_EQ(spec.name, description.name + ", " + sheet.density);
    for (const auto& [name, cycles] : sheet.values) {
      EXPECT_EQ(spec.parameter(name), cycles) << name;
    }
  }
}

TEST(Spec, EveryShippedFileLoadsInEveryDensity) {
  int standards = 0;
  int variants = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ORRERY_SOURCE_DIR) + "/configs/dram")) {
    SCOPED_TRACE(entry.path().filename().string());
    SpecDescription description = load_description(entry.path());
    ++standards;
    EXPECT_NO_THROW((void)Spec::from(description));
    for (const auto& [density, changes] : description.densities) {
      SCOPED_TRACE(density);
      description.density = density;
      EXPECT_NO_THROW((void)Spec::from(description));
      ++variants;
    }
  }
  // 3 DDR4 and HBM2 of before and 8 more; 6 + 6 DDR4, 5 + 5 DDR5, 2 LPDDR5, 2 GDDR6, 3 HBM2, 4
  // HBM2E, 2 + 2 HBM3.
  EXPECT_GE(standards, 11);
  EXPECT_GE(variants, 37);
}

TEST(Spec, SaysAgainWhatItsFileSaid) {
  for (const Sheet& sheet : kSheets) {
    SpecDescription description = test::describe(sheet.file);
    description.density = sheet.density;
    config::Reader reader;
    const auto again = spec_schema().read(spec_schema().write(description), reader);
    ASSERT_TRUE(again.has_value()) << sheet.file;
    const Spec first = Spec::from(description);
    const Spec second = Spec::from(*again);
    EXPECT_EQ(first.name, second.name);
    EXPECT_EQ(first.read_latency, second.read_latency);
    ASSERT_EQ(first.constraints.size(), second.constraints.size());
    for (std::size_t i = 0; i < first.constraints.size(); ++i) {
      EXPECT_EQ(first.constraints[i].delay, second.constraints[i].delay);
      EXPECT_EQ(first.constraints[i].every, second.constraints[i].every);
    }
  }
}

TEST(Spec, ADensityChangesRowsAndTiming) {
  SpecDescription description = test::describe("hbm2_2000");
  description.density = "4Gb";
  const Spec spec = Spec::from(description);
  EXPECT_EQ(spec.capacity_bytes(), std::int64_t{512} << 20);
  EXPECT_EQ(spec.parameter("nRFC"), 260);
  // Not what the standard itself says.
  description.density = "8Gb";
  EXPECT_EQ(Spec::from(description).parameter("nRFC"), 350);
}

// The delays of `later` after `earlier` at a level, of all rows without windows.
std::vector<Cycle> delays(const Spec& spec, const std::string& level, const std::string& earlier,
                          const std::string& later) {
  const auto has = [&](const std::vector<int>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), spec.command(name)) != list.end();
  };
  std::vector<Cycle> result;
  for (const Constraint& row : spec.constraints) {
    if (row.scope == spec.level(level) && row.window == 1 && row.every == 1 && !row.sibling &&
        has(row.earlier, earlier) && has(row.later, later)) {
      result.push_back(row.delay);
    }
  }
  return result;
}

TEST(Spec, DelaysBetweenLastCyclesBecomeDelaysBetweenFirstOnes) {
  // DDR5-4800: ACT, RD and WR take 2 cycles, PRE and REF 1: + earlier - later.
  const Spec ddr5 = test::shipped("ddr5_4800");
  using testing::ElementsAre;
  EXPECT_THAT(delays(ddr5, "bank", "ACT", "RD"), ElementsAre(39));
  EXPECT_THAT(delays(ddr5, "bank", "ACT", "PRE"), ElementsAre(77 + 1));
  EXPECT_THAT(delays(ddr5, "bank", "PRE", "ACT"), ElementsAre(39 - 1));
  EXPECT_THAT(delays(ddr5, "bank", "RD", "PRE"), ElementsAre(18 + 1));
  EXPECT_THAT(delays(ddr5, "bank", "RDA", "ACT"), ElementsAre(18 + 39));
  EXPECT_THAT(delays(ddr5, "rank", "REF", "ACT"), ElementsAre(708 - 1));
  EXPECT_THAT(delays(ddr5, "rank", "REF", "PREA"), ElementsAre(708));
  EXPECT_THAT(delays(ddr5, "rank", "ACT", "REF"), ElementsAre(116 + 1));
  // Latencies count from the first cycle, too.
  EXPECT_EQ(ddr5.read_latency, 40 + 1);
  EXPECT_EQ(ddr5.write_latency, 38 + 1);
  // HBM2: only ACT takes 2.
  const Spec hbm2 = test::shipped("hbm2_2000");
  EXPECT_THAT(delays(hbm2, "bank", "ACT", "RD"), ElementsAre(14 + 1));
  EXPECT_THAT(delays(hbm2, "bank", "PRE", "ACT"), ElementsAre(14 - 1));
  EXPECT_THAT(delays(hbm2, "pseudo_channel", "REFpb", "ACT"), ElementsAre(8 - 1));
  EXPECT_EQ(hbm2.read_latency, 14);
  // LPDDR5 counts from ACT1.
  EXPECT_THAT(delays(test::shipped("lpddr5_6400"), "bank", "ACT", "RD"), ElementsAre(15));
}

TEST(Spec, DelaysBetweenFirstCyclesAreAtLeastOne) {
  // PRE -> ACT of 1 cycle, ACT of 2: 1 + 0 - 1 would be none.
  SpecDescription description = test::describe("hbm2_2000");
  test::set(description, "nRP", "1");
  EXPECT_THAT(delays(Spec::from(description), "bank", "PRE", "ACT"), testing::ElementsAre(1));
}

TEST(Spec, AWindowOverCommandsOfTwoLengthsCountsFromTheLongest) {
  // HBM2's window of ACT (2 cycles) and REFpb (1): 16 + 1 - 1 to ACT, 16 + 1 - 0 to REFpb, and each
  // row counts both.
  const Spec spec = test::shipped("hbm2_2000");
  std::vector<std::pair<Cycle, std::size_t>> windows;
  for (const Constraint& row : spec.constraints) {
    if (row.window == 4) {
      EXPECT_EQ(row.earlier.size(), 2U);
      windows.emplace_back(row.delay, row.later.size());
    }
  }
  using Window = std::pair<Cycle, std::size_t>;
  EXPECT_THAT(windows, testing::UnorderedElementsAre(Window(16, 1), Window(17, 1)));
}

TEST(Spec, RefreshesOfBanksActOnTheirSets) {
  // DDR5: bank i of all 8 groups of 4 banks. Bank 6 is bank 2 of group 1: banks 2, 6, ..., 30.
  const Spec ddr5 = test::shipped("ddr5_4800");
  EXPECT_EQ(ddr5.banks_of(ddr5.command("REFsb"), 6), 0x44444444U);
  EXPECT_EQ(ddr5.bank_refresh_interval, 4680);
  EXPECT_EQ(ddr5.bank_refresh_cycles, 312);
  // LPDDR5: b and b + 8.
  const Spec lpddr5 = test::shipped("lpddr5_6400");
  EXPECT_EQ(lpddr5.banks_of(lpddr5.command("REFpb"), 11), 1U << 3 | 1U << 11);
  EXPECT_EQ(lpddr5.bank_refresh_interval, lpddr5.refresh_interval);
  // HBM3: one bank of 64; after each 16 of a stack nRFCpb = 320, the 16th counted first.
  const Spec hbm3 = test::shipped("hbm3_6400");
  EXPECT_EQ(hbm3.banks_of(hbm3.command("REFpb"), 63), std::uint64_t{1} << 63);
  const auto round = std::find_if(hbm3.constraints.begin(), hbm3.constraints.end(),
                                  [](const Constraint& row) { return row.every > 1; });
  ASSERT_NE(round, hbm3.constraints.end());
  EXPECT_EQ(round->every, 16);
  EXPECT_EQ(round->delay, 320);
  EXPECT_EQ(round->scope, hbm3.level("stack_id"));
}

// docs/howto/add_dram.md.
TEST(Spec, TheExampleOfTheHowToIsAWholeStandard) {
  const std::string page = std::string(ORRERY_SOURCE_DIR) + "/docs/howto/add_dram.md";
  std::ifstream file(page);
  std::stringstream text;
  text << file.rdbuf();
  const std::string begin = "# toy.yaml\n";
  const std::size_t start = text.str().find(begin);
  ASSERT_NE(start, std::string::npos);
  const std::size_t end = text.str().find("```\n", start + begin.size());
  const std::string example = text.str().substr(start, end - start);
  config::Reader reader;
  const auto description = spec_schema().read(config::parse_yaml(example, page), reader);
  ASSERT_TRUE(description.has_value());
  const Spec spec = Spec::from(*description);
  // What the page says of it: 2 x 4 banks of 8192 rows of 1 KiB; 64 bytes in 4 cycles of 1 ns.
  EXPECT_EQ(spec.capacity_bytes(), 8 * 8192 * 1024);
  EXPECT_DOUBLE_EQ(spec.peak_bytes_per_second(), 16e9);
  EXPECT_EQ(spec.refresh_sets(), 4);
}

}  // namespace
}  // namespace orrery::memory::dram
