// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "tests/functional/matrix_cases.h"
#include "tests/functional/random_cases.h"

namespace orrery::testing {
namespace {

// More cases on request: ORRERY_RANDOM_CASES=20000 functional_test
std::uint64_t wanted_cases() {
  const char* const text = std::getenv("ORRERY_RANDOM_CASES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 800;
}

// Scratchpads and tiers are drawn so small that some cases do not fit: that must be said, and must
// not be the rule.
void expect_all_right(RandomCase (*draw)(std::uint64_t), const std::vector<std::string>& families,
                      std::uint64_t cases) {
  std::map<std::string, int> checked;
  std::map<std::string, int> too_large;
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < cases && wrong < 10; ++seed) {
    const RandomCase one = draw(seed);
    try {
      const Trial trial(one.graph, one.machine, one.mapping, seed);
      const std::string difference = trial.check();
      EXPECT_EQ(difference, "") << "seed " << seed << ", " << one.family;
      wrong += difference.empty() ? 0 : 1;
      ++checked[one.family];
    } catch (const base::UserError& error) {
      EXPECT_NE(std::string(error.what()).find("does not fit"), std::string::npos)
          << "seed " << seed << ": " << error.what();
      ++too_large[one.family];
    }
  }
  for (const std::string& family : families) {
    std::printf("%-12s %5d checked, %4d do not fit\n", family.c_str(), checked[family],
                too_large[family]);
    EXPECT_GT(checked[family], 2 * too_large[family]) << family;
  }
}

TEST(RandomCases, GiveTheResultsOfTheNaiveOperatorsInAnyAllowedOrder) {
  expect_all_right(random_case, random_families(), wanted_cases());
}

TEST(RandomCases, OfGroupsBatchesAndTransposedConvolutionsGiveTheResultsOfTheNaiveOperators) {
  expect_all_right(matrix_case, matrix_families(), wanted_cases() + 240);
}

TEST(RandomCases, OnArraysThatWorkInStepsGiveTheResultsOfTheNaiveOperators) {
  expect_all_right(step_array_case, random_families(), wanted_cases());
}

TEST(RandomCases, OnPartitionsThatShareLayersGiveTheResultsOfTheNaiveOperators) {
  expect_all_right(partitioned_case, random_families(), wanted_cases() / 2);
}

TEST(RandomCases, OfRowStationaryTilesGiveTheResultsOfTheNaiveOperators) {
  expect_all_right(row_stationary_case, row_stationary_families(), wanted_cases());
}

}  // namespace
}  // namespace orrery::testing
