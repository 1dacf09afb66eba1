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

TEST(LayersCsv, NamesTheCyclesOfTheArrays) {
  EXPECT_NE(layers_csv(example_result()).find(",compute_cycles,"), std::string::npos);
}

}  // namespace
}  // namespace orrery::report
