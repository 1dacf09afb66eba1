// SPDX-License-Identifier: Apache-2.0
#include "workload/expert_routing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "workload/zipf.h"

namespace orrery::workload {
namespace {

std::size_t touched(const std::vector<std::int32_t>& chosen) {
  return std::set<std::int32_t>(chosen.begin(), chosen.end()).size();
}

TEST(ZipfWeights, AreTheInversePowersOfTheRanks) {
  const std::vector<std::int64_t> linear = zipf_weights(8, 1000);
  for (std::int64_t rank = 1; rank <= 8; ++rank) {
    // 2^32 / rank, in 24 bits or better.
    const double wanted = std::ldexp(1.0, 32) / static_cast<double>(rank);
    EXPECT_NEAR(static_cast<double>(linear[static_cast<std::size_t>(rank - 1)]), wanted,
                wanted * 0x1p-24);
  }
  const std::vector<std::int64_t> steep = zipf_weights(100, 1500);
  // 2^32 / 100^1.5 = 2^32 / 1000
  EXPECT_NEAR(static_cast<double>(steep[99]), std::ldexp(1.0, 32) / 1000.0, 1.0);
  EXPECT_EQ(zipf_weights(3, 0), (std::vector<std::int64_t>(3, std::int64_t{1} << 32)));
  // 4096^8 = 2^96 is beyond the range: the least weight is 1.
  EXPECT_EQ(zipf_weights(4096, 8000).back(), 1);
}

TEST(ExpertRouter, GivesNoTokenAnExpertTwice) {
  RoutingSettings settings;
  settings.skew = 3.0;
  settings.correlation = 0.5;
  ExpertRouter router(settings, {5, 2, 6, 700}, 50, 3);
  for (std::int64_t layer = 0; layer < 4; ++layer) {
    const std::vector<std::int32_t> chosen = router.next(layer);
    ASSERT_EQ(chosen.size(), 300U);
    for (std::size_t token = 0; token < 50; ++token) {
      const auto begin = chosen.begin() + static_cast<std::ptrdiff_t>(token * 6);
      EXPECT_EQ(std::set<std::int32_t>(begin, begin + 6).size(), 6U);
      EXPECT_TRUE(std::is_sorted(begin, begin + 6));
      EXPECT_GE(*begin, 0);
      EXPECT_LT(*(begin + 5), 7);
    }
  }
}

// An expert is missed by one token with the probability 1 - k/E and by T independent tokens with
// (1 - k/E)^T, so D, the number of distinct experts, has the mean E (1 - (1 - k/E)^T). Indicators
// of two experts are negatively correlated (tokens choose without replacement), so the variance of
// D is at most E p (1 - p) with p = (1 - k/E)^T; that of the mean over S seeds is S times less.
// Five standard deviations of such a mean are passed by fewer than one right program in a million.
TEST(ExpertRouter, TouchesAsManyExpertsAsTheClosedFormSays) {
  struct Case {
    std::int64_t experts, per_token, tokens;
  };
  constexpr int kSeeds = 2000;
  for (const Case& one : {Case{8, 2, 1}, Case{8, 2, 4}, Case{8, 2, 16}, Case{64, 6, 8},
                          Case{60, 4, 32}, Case{128, 1, 100}, Case{5, 5, 3}}) {
    double sum = 0.0;
    for (int seed = 0; seed < kSeeds; ++seed) {
      const RoutingSettings settings;
      ExpertRouter router(settings, {one.experts, 0, one.per_token, 1000}, one.tokens,
                          static_cast<std::uint64_t>(seed));
      sum += static_cast<double>(touched(router.next(0)));
    }
    const auto experts = static_cast<double>(one.experts);
    const double missed = std::pow(1.0 - static_cast<double>(one.per_token) / experts, one.tokens);
    const double deviation = std::sqrt(experts * missed * (1.0 - missed) / kSeeds);
    EXPECT_NEAR(sum / kSeeds, experts * (1.0 - missed), 5.0 * deviation + 1e-9)
        << one.experts << " experts, " << one.per_token << " of them for " << one.tokens;
  }
}

TEST(ExpertRouter, SpreadsTokensBySkew) {
  constexpr std::int64_t kTokens = 40000;
  RoutingSettings settings;
  settings.skew = 1.0;
  ExpertRouter router(settings, {4, 0, 1, 1000}, kTokens, 11);
  std::map<std::int32_t, double> counts;
  for (const std::int32_t expert : router.next(0)) {
    counts[expert] += 1.0;
  }
  std::vector<double> sorted;
  for (const auto& [expert, count] : counts) {
    sorted.push_back(count);
  }
  std::sort(sorted.rbegin(), sorted.rend());
  ASSERT_EQ(sorted.size(), 4U);
  for (std::size_t rank = 0; rank < 4; ++rank) {
    // 1 + 1/2 + 1/3 + 1/4 = 25/12; five deviations of a binomial count.
    const double share = 12.0 / 25.0 / static_cast<double>(rank + 1);
    EXPECT_NEAR(sorted[rank], share * kTokens, 5.0 * std::sqrt(kTokens * share * (1.0 - share)));
  }
}

// With top-1 and a fixed mapping of experts, a token follows its choice with the probability
// c + (1 - c) / E. The mapping is found as the most frequent successor of each expert.
TEST(ExpertRouter, FollowsTheLayerBeforeAsOftenAsTheCorrelationSays) {
  constexpr std::size_t kTokens = 40000;
  constexpr std::int64_t kExperts = 8;
  for (const double correlation : {0.0, 0.5, 1.0}) {
    RoutingSettings settings;
    settings.correlation = correlation;
    ExpertRouter router(settings, {kExperts, 0, 1, 1000}, kTokens, 5);
    const std::vector<std::int32_t> before = router.next(0);
    const std::vector<std::int32_t> after = router.next(1);
    std::map<std::int32_t, std::map<std::int32_t, double>> pairs;
    for (std::size_t token = 0; token < kTokens; ++token) {
      pairs[before[token]][after[token]] += 1.0;
    }
    double follow = 0.0;
    for (const auto& [from, successors] : pairs) {
      double most = 0.0;
      for (const auto& [to, count] : successors) {
        most = std::max(most, count);
      }
      follow += most;
    }
    const double share = correlation + (1.0 - correlation) / kExperts;
    // Five deviations, and as much again without correlation: there "the most frequent" is the
    // largest of eight equal counts of about 625, each with a deviation of 23.
    const double bound = 5.0 * std::sqrt(kTokens * share * (1.0 - share));
    EXPECT_NEAR(follow, share * kTokens, correlation == 0.0 ? 8 * 3.5 * 23 : bound + 1e-9);
  }
}

TEST(ExpertRouter, WeighsZeroComputationExpertsByTau) {
  constexpr std::int64_t kTokens = 40000;
  // 8 feed-forward experts of weight tau = 0.25 and 4 others of weight 1: 2 of 6 draws.
  const RoutingSettings settings;
  ExpertRouter router(settings, {8, 4, 1, 250}, kTokens, 2);
  double feed_forward = 0.0;
  for (const std::int32_t expert : router.next(0)) {
    feed_forward += expert < 8 ? 1.0 : 0.0;
  }
  EXPECT_NEAR(feed_forward, kTokens / 3.0, 5.0 * std::sqrt(kTokens * (1.0 / 3.0) * (2.0 / 3.0)));
}

TEST(ExpertRouter, TakesTheSeedOfTheRoutingBeforeThatOfTheWorkload) {
  RoutingSettings settings;
  const auto first = [&](std::uint64_t seed) {
    return ExpertRouter(settings, {16, 0, 2, 1000}, 20, seed).next(0);
  };
  const std::vector<std::int32_t> one = first(1);
  EXPECT_NE(one, first(2));
  settings.seed = 1;
  EXPECT_EQ(one, first(2));
}

}  // namespace
}  // namespace orrery::workload
