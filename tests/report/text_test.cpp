// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>

#include "report/comparison.h"
#include "report/format.h"
#include "report/summary.h"
#include "report/text_table.h"
#include "tests/report/example_result.h"

namespace orrery::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Format, GroupsDigits) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(-1234567), "-1,234,567");
}

TEST(Format, ChoosesThePrefixThatSuits) {
  EXPECT_EQ(format_si(0.0, "s"), "0 s");
  EXPECT_EQ(format_si(0.0012345, "s"), "1.234 ms");
  EXPECT_EQ(format_si(1e3, "W"), "1 kW");
  EXPECT_EQ(format_si(999.99, "W"), "1 kW");  // four digits: 1000.0 would be five
  EXPECT_EQ(format_si(3456.0, ""), "3.456 k");
  EXPECT_EQ(format_si(12.0, ""), "12");
}

TEST(Format, CountsBytesInPowersOf1024) {
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(24LL << 20), "24.0 MiB");
}

TEST(TextTable, AlignsColumnsAndShortensInTheMiddle) {
  TextTable table({{"name", '<', 10}, {"value"}});
  table.add({"a", "1"});
  table.add({"abcdefghijklmnop", "100"});
  // 10 letters: the first 4, two points, the last 4
  EXPECT_EQ(table.to_string(0),
            "name        value\n"
            "a               1\n"
            "abcd..mnop    100\n");
}

TEST(Summary, SaysWhatLimitsTheRunByLatency) {
  // 500 of 2000 ns by the array, 1500 by the memory
  EXPECT_EQ(limits(example_result()), "hbm 75 %, array 25 %");
}

TEST(Summary, FitsAHundredColumns) {
  std::istringstream lines(summary(example_result()));
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(Summary, ShowsTheLongestLayersOnly) {
  SummaryOptions options;
  options.layers = 1;
  const std::string text = summary(example_result(), options);
  EXPECT_THAT(text, HasSubstr("Layers, the 1 longest of 2"));
  EXPECT_THAT(text, HasSubstr("second, with a comma"));
  EXPECT_THAT(text, Not(HasSubstr("  first ")));
}

TEST(Summary, SaysWhenARunIsPartialOrBroken) {
  metrics::RunResult result = example_result();
  EXPECT_THAT(summary(result), HasSubstr("Invariants: 1 of 1 hold"));
  result.partial = true;
  result.partial_reason = "time limit of 10 s";
  result.invariants[0].holds = false;
  EXPECT_THAT(summary(result), HasSubstr("PARTIAL: time limit of 10 s"));
  EXPECT_THAT(summary(result), HasSubstr("BROKEN: busy + stalled + idle = total: 1200"));
}

Comparison example_comparison() {
  Comparison comparison;
  comparison.runs = {example_result(), example_result()};
  comparison.runs[0].dataflow = "os";
  comparison.runs[0].cycles = 3000;
  comparison.runs[0].layers[0].cycles = 750;
  comparison.runs[0].layers[1].cycles = 0;
  comparison.runs[1].layers[1].cycles = 0;
  return comparison;
}

TEST(Comparison, DividesByTheFastest) {
  const Json json = comparison_json(example_comparison());
  EXPECT_EQ(json["total"][0]["ratio"], 1.5);  // 3000 / 2000
  EXPECT_EQ(json["total"][1]["ratio"], 1.0);
  EXPECT_EQ(json["layers"][0]["results"][0]["ratio"], 1.5);  // 750 / 500
  // A layer without latency is as fast under both.
  EXPECT_EQ(json["layers"][1]["results"][0]["ratio"], 1.0);
}

TEST(Comparison, ShowsNotesAndRatiosAsText) {
  Comparison comparison = example_comparison();
  comparison.notes = {"counts like SCALE-Sim"};
  const std::string text = comparison_text(comparison);
  EXPECT_THAT(text, HasSubstr("1.500"));
  EXPECT_THAT(text, HasSubstr("  - counts like SCALE-Sim\n"));
}

TEST(Comparison, DividesUsefulWorkByWhatBusyArraysCouldDo) {
  Comparison comparison = example_comparison();
  // The array could do 1,000 in 2,000 cycles and is busy for 600 of them: 125 / 300.
  const Json json = comparison_json(comparison);
  EXPECT_EQ(json["layers"][0]["results"][0]["array_utilization"], 125.0 / 300.0);
  EXPECT_EQ(json["total"][0]["array_utilization"], 250.0 / 600.0);
  EXPECT_FALSE(json["total"][0].contains("variant"));
  comparison.variants = {"packing=true", "packing=false"};
  EXPECT_EQ(comparison_json(comparison)["total"][1]["variant"], "packing=false");
  const std::string text = utilization_text(comparison);
  EXPECT_THAT(text, HasSubstr("os packing=true"));
  EXPECT_THAT(text, HasSubstr("41.7 %"));
}

TEST(Comparison, HasALineForEachLayerAndDataflowAndTheTotal) {
  const std::string csv = comparison_csv(example_comparison());
  // names + (2 layers + total) * 2 dataflows = 7 lines
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 7);
}

}  // namespace
}  // namespace orrery::report
