// SPDX-License-Identifier: Apache-2.0
#include "tuning/tiling_search.h"

#include <gmock/gmock.h>

namespace orrery::tuning {
namespace {

// 16 x 16 candidates of tiles m x n whose estimate is their product.
std::vector<Candidate> grid() {
  std::vector<Candidate> candidates;
  for (std::int64_t m = 1; m <= 16; ++m) {
    for (std::int64_t n = 1; n <= 16; ++n) {
      Candidate candidate;
      candidate.tiling.columns = m;
      candidate.tiling.features = n;
      candidate.tiling.array_cycles = m * n;
      candidates.push_back(candidate);
    }
  }
  return candidates;
}

// Least at 11 x 6, where the estimate is not.
double cost(const Candidate& candidate) {
  const double m = static_cast<double>(candidate.tiling.columns - 11);
  const double n = static_cast<double>(candidate.tiling.features - 6);
  return m * m + n * n + 1.0;
}

TEST(TilingSearch, NeverLosesToTheFirstCandidate) {
  std::vector<Candidate> candidates = grid();
  std::swap(candidates.front(), candidates[10 * 16 + 5]);  // 11 x 6
  const SearchResult result = search(candidates, cost, 20, 1);
  EXPECT_EQ(result.best, 0U);
  EXPECT_EQ(result.cost, 1.0);
  EXPECT_EQ(result.first_cost, 1.0);
}

TEST(TilingSearch, WalksToWhatTheEstimatesDoNotSee) {
  // Half of 100 evaluations go to the least products m * n, none of them near 11 x 6; from the best
  // of them each step changes one size.
  const SearchResult result = search(grid(), cost, 100, 1);
  EXPECT_EQ(result.evaluations, 100);
  EXPECT_EQ(result.cost, 1.0);
}

TEST(TilingSearch, EvaluatesEachCandidateOnce) {
  std::int64_t evaluated = 0;
  const SearchResult result = search(
      grid(), [&](const Candidate& candidate) { return ++evaluated, cost(candidate); }, 1'000, 1);
  EXPECT_EQ(evaluated, 256);
  EXPECT_EQ(result.evaluations, 256);
  EXPECT_EQ(result.cost, 1.0);
}

TEST(TilingSearch, IsTheSameForTheSameSeed) {
  const auto trace = [](std::uint64_t seed) {
    std::vector<std::int64_t> tried;
    (void)search(
        grid(),
        [&](const Candidate& candidate) {
          tried.push_back(candidate.tiling.columns * 100 + candidate.tiling.features);
          return cost(candidate);
        },
        200, seed);
    return tried;
  };
  EXPECT_EQ(trace(1), trace(1));
  EXPECT_NE(trace(1), trace(2));
}

TEST(TilingSearch, EndsWhereItIsInterrupted) {
  int left = 5;
  const SearchResult result = search(
      grid(),
      [&](const Candidate& candidate) {
        return left-- > 0 ? std::optional(cost(candidate)) : std::nullopt;
      },
      100, 1);
  EXPECT_EQ(result.evaluations, 5);
}

}  // namespace
}  // namespace orrery::tuning
