// SPDX-License-Identifier: Apache-2.0
#include "tuning/tiling_search.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <utility>

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
      candidate.estimate = m * n;
      candidates.push_back(candidate);
    }
  }
  return candidates;
}

// Least at 11 x 6, where the estimate is not.
std::int64_t cost(const Candidate& candidate) {
  const std::int64_t m = candidate.tiling.columns - 11;
  const std::int64_t n = candidate.tiling.features - 6;
  return m * m + n * n + 1;
}

TEST(TilingSearch, NeverLosesToTheFirstCandidate) {
  std::vector<Candidate> candidates = grid();
  std::swap(candidates.front(), candidates[10 * 16 + 5]);  // 11 x 6
  const SearchResult result = search(candidates, cost, 20, 1);
  EXPECT_EQ(result.best, 0U);
  EXPECT_EQ(result.cost, 1);
  EXPECT_EQ(result.first_cost, 1);
}

TEST(TilingSearch, LearnsWhatTheEstimatesDoNotSee) {
  std::vector<Candidate> candidates = grid();
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::pair(a.estimate, a.tiling.columns) < std::pair(b.estimate, b.tiling.columns);
  });
  std::int64_t by_estimate = INT64_MAX;
  for (std::size_t i = 0; i < 120; ++i) {
    by_estimate = std::min(by_estimate, cost(candidates[i]));
  }
  // 11 x 4; 11 x 6 with its 66 products comes behind 144 others.
  EXPECT_EQ(by_estimate, 5);
  const SearchResult result = search(candidates, cost, 120, 1);
  EXPECT_EQ(result.evaluations, 120);
  EXPECT_LT(result.cost, 3);
}

TEST(TilingSearch, EvaluatesEachCandidateOnce) {
  std::int64_t evaluated = 0;
  const SearchResult result = search(
      grid(), [&](const Candidate& candidate) { return ++evaluated, cost(candidate); }, 1'000, 1);
  EXPECT_EQ(evaluated, 256);
  EXPECT_EQ(result.evaluations, 256);
  EXPECT_EQ(result.cost, 1);
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

TEST(TilingSearch, LeavesOutWhatCannotBeCheaper) {
  // Bounds as sharp as can be: the first of the least estimates, 1 x 1, costs 10^2 + 5^2 + 1 = 126,
  // so of the 256 only those below it are left, and at 11 x 6 none.
  std::vector<Candidate> candidates = grid();
  for (Candidate& candidate : candidates) {
    candidate.bound = cost(candidate);
  }
  const SearchResult result = search(candidates, cost, 256, 1);
  EXPECT_EQ(result.cost, 1);
  EXPECT_TRUE(result.is_proven);
  EXPECT_LT(result.evaluations, 128);
  EXPECT_FALSE(search(grid(), cost, 20, 1).is_proven);
}

}  // namespace
}  // namespace orrery::tuning
