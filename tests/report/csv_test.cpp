// SPDX-License-Identifier: Apache-2.0
#include "report/csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/report/example_result.h"

namespace orrery::report {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(CsvLine, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(csv_line({"a", "b c", "1,2", "say \"so\"", ""}), "a,b c,\"1,2\",\"say \"\"so\"\"\",\n");
}

TEST(LayersCsv, HasALineForEachLayerBelowTheNames) {
  const auto lines = lines_of(layers_csv(example_result()));
  ASSERT_EQ(lines.size(), 3U);  // names + 2 layers
  EXPECT_EQ(lines[0].substr(0, 28), "layer,kind,dataflow,tiling,l");
  EXPECT_EQ(lines[2].substr(0, 35), "\"second, with a comma\",convolution,");
}

TEST(LayersCsv, HasTheSameNumberOfFieldsInEveryLine) {
  metrics::RunResult result = example_result();
  result.layers[0].name = "plain";
  result.layers[1].name = "never reached";
  result.layers[1].tiers.clear();
  result.layers[1].engines.clear();
  const auto lines = lines_of(layers_csv(result));
  for (const std::string& line : lines) {
    // 14 columns of the layer, 8 of the tier, 2 of each of 2 engines = 26 fields, 25 commas
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 25) << line;
  }
}

TEST(ActivityCsv, HasALineForEachInterval) {
  metrics::RunResult result = example_result();  // of 2 us
  result.activity.interval = 1'500'000'000;
  result.activity.engines = {{{1'000'000'000, 200'000'000}, {0, 500'000'000}, {200, 50}},
                             {{1'500'000'000, 500'000'000}, {0, 0}, {0, 0}}};
  result.activity.tier_bytes = {{4000, 96}};
  EXPECT_EQ(activity_csv(result),
            "begin_fs,end_fs,array_busy_fs,array_stalled_fs,array_macs_useful,load_busy_fs,"
            "load_stalled_fs,hbm_bytes\n"
            "0,1500000000,1000000000,0,200,1500000000,0,4000\n"
            "1500000000,2000000000,200000000,500000000,50,500000000,0,96\n");
}

TEST(ActivityCsv, IsEmptyWhereNothingIsKnown) {
  EXPECT_EQ(activity_csv(example_result()), "");
}

TEST(LayersCsv, NamesTheCyclesOfTheArrays) {
  EXPECT_NE(layers_csv(example_result()).find(",compute_cycles,"), std::string::npos);
}

}  // namespace
}  // namespace orrery::report
