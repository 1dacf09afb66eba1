// SPDX-License-Identifier: Apache-2.0
#include "tests/memory_checker/random_runs.h"

#include <gtest/gtest.h>

#include "tests/memory_checker/standards.h"

namespace orrery::memory::checker::test {
namespace {

TEST(TheChannel, BreaksNothingAndLosesNoTimeOnRandomTransfers) {
  std::uint64_t commands = 0;
  std::uint64_t seed = 0;
  for (const std::string& standard : shipped_standards()) {
    for (int i = 0; i < 16; ++i) {
      ++seed;
      const RandomRun run = random_run(variant(standard, seed), seed, 120);
      Findings findings;
      commands += check_run(run, findings);
      EXPECT_EQ(findings.total(), 0U) << standard << " seed " << seed << "\n"
                                      << describe(run) << "\n"
                                      << findings.to_string(5);
    }
  }
  EXPECT_GT(commands, 500000U);
  std::cout << commands << " commands\n";
}

struct FoundRun {
  const char* standard;
  std::uint64_t variant;
  std::uint64_t seed;
  int transfers;
};

// Both read under fr_fcfs_grouped: one read a row that was not open, one read for requests that had
// been served.
TEST(TheChannel, IsCleanOnRunsThatOnceWereNot) {
  for (const FoundRun& found :
       {FoundRun{"lpddr5_6400", 1, 101, 40}, FoundRun{"ddr5_6400", 10613, 10613, 60}}) {
    const RandomRun run =
        random_run(variant(found.standard, found.variant), found.seed, found.transfers);
    Findings findings;
    EXPECT_GT(check_run(run, findings), 100U);
    EXPECT_EQ(findings.total(), 0U) << describe(run) << "\n" << findings.to_string(5);
  }
}

}  // namespace
}  // namespace orrery::memory::checker::test
