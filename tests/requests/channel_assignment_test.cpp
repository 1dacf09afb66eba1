// SPDX-License-Identifier: Apache-2.0
#include "requests/channel_assignment.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "requests/attention_estimate.h"

namespace orrery::requests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Lists = std::vector<std::vector<std::size_t>>;

std::vector<ChannelRequest> by_tokens(const std::vector<std::int64_t>& tokens) {
  const auto same = [](std::int64_t count) { return count; };
  return channel_requests(tokens, same, same);
}

TEST(AttentionEstimate, TileCyclesOfTheReleasedConstants) {
  EXPECT_EQ(tile_cycles({}), 3 * 30 + 14 + 2 * 33 + 14);
  EXPECT_EQ(tile_cycles({}), PimAttentionCosts{}.tile);
}

TEST(AttentionEstimate, OneRequestOfASevenBillionModelOnFourDevices) {
  const PimAttentionShape shape{.heads = 8, .head_size = 128, .layers = 1};
  // Width 1,024. Logits: 2 chunks of ceil(376 / 32) = 12 tiles. Values: 8 heads * 1 chunk of
  // 128 / 32 = 4 tiles. 10 * 100 + (24 + 32) * 184 = 1,000 + 10,304.
  EXPECT_EQ(attention_cycles(shape, {}, 376), 11'304);
  // 512 tokens: 16 tiles a chunk, still one chunk of values; 513: 17 and two.
  EXPECT_EQ(attention_cycles(shape, {}, 512), 2 * (100 + 16 * 184) + 8 * (100 + 4 * 184));
  EXPECT_EQ(attention_cycles(shape, {}, 513), 2 * (100 + 17 * 184) + 16 * (100 + 4 * 184));
}

TEST(AttentionEstimate, TilesAreAllocatedInWholeUnits) {
  const PimAttentionShape shape{.heads = 8, .head_size = 128, .layers = 1};
  // Keys: ceil(376 / 32) * ceil(1,024 / 512) = 24; values: 1 * 1,024 / 32 = 32.
  EXPECT_EQ(tiles_of(shape, 376), 24 + 32);
  EXPECT_EQ(tiles_of(shape, 1), 2 + 32);
  EXPECT_EQ(tiles_of(shape, 513), 34 + 64);
  EXPECT_EQ(tiles_of({.heads = 8, .head_size = 128, .layers = 32}, 376), 32 * 56);
  // Ten heads, as 13B on four devices: 1,280 elements take 3 rows of 512.
  EXPECT_EQ(tiles_of({.heads = 10, .head_size = 128, .layers = 1}, 32), 3 + 40);
}

TEST(ChannelAssignment, RoundRobinTakesChannelsInTurn) {
  const auto result =
      assign_channels(ChannelRule::kRoundRobin, by_tokens({5, 1, 1, 4, 1}), {2, 100}, {});
  EXPECT_EQ(result.requests, (Lists{{0, 2, 4}, {1, 3}}));
}

TEST(ChannelAssignment, RoundRobinPassesOverAFullChannel) {
  // Room of 6: channel 0 holds 5, so request 2 of 2 tiles goes on to channel 1, request 3 to
  // channel 0 again, where 1 is left.
  const auto result =
      assign_channels(ChannelRule::kRoundRobin, by_tokens({5, 1, 2, 1}), {2, 6}, {});
  EXPECT_EQ(result.requests, (Lists{{0, 3}, {1, 2}}));
}

TEST(ChannelAssignment, MinLoadPlacesTheLongestFirst) {
  // 9 -> 0; 7 -> 1; 6 -> 1 (7 < 9): 13; 5 -> 0: 14; 4 -> 1: 17; 2 -> 0: 16.
  const auto requests = by_tokens({4, 9, 2, 7, 6, 5});
  const auto result = assign_channels(ChannelRule::kMinLoad, requests, {2, 100}, {});
  EXPECT_EQ(result.requests, (Lists{{1, 5, 2}, {3, 4, 0}}));
  EXPECT_THAT(result.sum(requests, &ChannelRequest::tokens), ElementsAre(16, 17));
  // 17 / 16.5 = 1.0303.
  EXPECT_EQ(imbalance_per_mille({16, 17}), 1030);
}

TEST(ChannelAssignment, MinLoadBreaksTiesByIndex) {
  const auto result = assign_channels(ChannelRule::kMinLoad, by_tokens({3, 3, 3, 3}), {3, 100}, {});
  EXPECT_EQ(result.requests, (Lists{{0, 3}, {1}, {2}}));
}

TEST(ChannelAssignment, MinLoadKeepsToTheRoom) {
  // Room of 8: 6 -> 0, 5 -> 1, 3 -> 1 (5 + 3 = 8), 2 -> 0 (6 + 2 = 8).
  const auto result = assign_channels(ChannelRule::kMinLoad, by_tokens({2, 3, 5, 6}), {2, 8}, {});
  EXPECT_EQ(result.requests, (Lists{{3, 0}, {2, 1}}));
}

TEST(ChannelAssignment, NamesEachRequestThatFitsNowhere) {
  for (const ChannelRule rule : {ChannelRule::kRoundRobin, ChannelRule::kMinLoad}) {
    try {
      (void)assign_channels(rule, by_tokens({9, 5, 8, 5}), {2, 7}, {"work.yaml", 3, 5});
      ADD_FAILURE();
    } catch (const base::UserError& error) {
      EXPECT_EQ(error.diagnostics().size(), 2U);
      EXPECT_THAT(error.what(), HasSubstr("work.yaml:3:5: request 0 of 9 tokens takes 9 tiles of a "
                                          "channel; expected at most 7"));
      EXPECT_THAT(error.what(), HasSubstr("request 2 of 8 tokens"));
    }
  }
}

TEST(ChannelAssignment, EachRequestOnceAndTheGreedyBoundOnRandomBatches) {
  base::Random random(11);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<std::int64_t> tokens;
    for (std::int64_t left = random.integer(0, 90); left > 0; --left) {
      tokens.push_back(random.integer(1, random.integer(1, 2048)));
    }
    const auto requests = by_tokens(tokens);
    const Channels channels{random.integer(1, 33), 1 << 20};
    const std::int64_t sum = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
    for (const ChannelRule rule : {ChannelRule::kRoundRobin, ChannelRule::kMinLoad}) {
      const auto result = assign_channels(rule, requests, channels, {});
      std::vector<std::size_t> seen;
      for (const auto& channel : result.requests) {
        seen.insert(seen.end(), channel.begin(), channel.end());
      }
      std::sort(seen.begin(), seen.end());
      ASSERT_EQ(seen.size(), tokens.size());
      for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i], i);
      }
      if (rule == ChannelRule::kMinLoad && !tokens.empty()) {
        // The last request of the fullest channel came to the least load, so at most the mean of
        // the others: most <= sum / channels + longest.
        const auto loads = result.sum(requests, &ChannelRequest::load);
        const std::int64_t most = *std::max_element(loads.begin(), loads.end());
        const std::int64_t longest = *std::max_element(tokens.begin(), tokens.end());
        EXPECT_LE(most * channels.count, sum + longest * channels.count);
      }
    }
  }
}

TEST(ChannelAssignment, ImbalanceOfNothingIsNothing) {
  EXPECT_EQ(imbalance_per_mille({0, 0}), 0);
  EXPECT_EQ(imbalance_per_mille({4, 4, 4}), 1000);
  EXPECT_EQ(imbalance_per_mille({9, 0, 0}), 3000);
}

TEST(SubBatches, HalveEachChannelAndAlternateTheLargerHalf) {
  ChannelAssignment assignment;
  assignment.requests = {{0, 1, 2}, {3, 4}, {5}, {6, 7, 8, 9, 10}, {}};
  const SubBatches halves = split_sub_batches(assignment);
  // Odd channels in turn: 2 + 1, (even: 1 + 1), 0 + 1, 3 + 2.
  EXPECT_EQ(halves.first.requests, (Lists{{0, 1}, {3}, {}, {6, 7, 8}, {}}));
  EXPECT_EQ(halves.second.requests, (Lists{{2}, {4}, {5}, {9, 10}, {}}));
}

TEST(SubBatches, DifferInSizeByAtMostOne) {
  base::Random random(7);
  for (int trial = 0; trial < 100; ++trial) {
    const auto count = static_cast<std::size_t>(random.integer(0, 99));
    const auto assignment =
        assign_channels(ChannelRule::kMinLoad, by_tokens(std::vector<std::int64_t>(count, 3)),
                        {random.integer(1, 9), 1000}, {});
    const SubBatches halves = split_sub_batches(assignment);
    const auto size = [](const ChannelAssignment& half) {
      std::size_t total = 0;
      for (const auto& channel : half.requests) {
        total += channel.size();
      }
      return total;
    };
    EXPECT_EQ(size(halves.first) + size(halves.second), count);
    EXPECT_LE(size(halves.first) - size(halves.second), 1U);
  }
}

}  // namespace
}  // namespace orrery::requests
