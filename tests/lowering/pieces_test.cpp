// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "lowering/machine/machine.h"

namespace orrery::lowering {
namespace {

// 32 channels that take turns every 256 bytes, and open pages of 16 KiB on all of them together.
Machine::Tier tier_of_32_channels(bool hashes) {
  Machine::Tier tier;
  tier.channels = 32;
  tier.interleave = 256;
  tier.page_bytes = 1 << 14;
  tier.hashes_channels = hashes;
  return tier;
}

TEST(Pieces, APowerOfTwoApartReachFewChannelsUnlessAHashSpreadsThem) {
  constexpr std::int64_t kRow = 16384;
  constexpr std::int64_t kPiece = 4096;
  // Four pieces a row, each 4,096 bytes and 512 for an activation. All start on one channel and
  // cover 4,096 / 256 = 16 of 32: twice the time.
  EXPECT_EQ(tier_of_32_channels(false).bytes_in_pieces(10, kRow, kPiece), 10 * 4 * 4608 * 2);
  EXPECT_EQ(tier_of_32_channels(true).bytes_in_pieces(10, kRow, kPiece), 10 * 4 * 4608);
}

TEST(Pieces, ThatCoverAllChannelsCostTheSameHashedOrNot) {
  // 8,192 bytes are 32 channels of 256: two pieces a row, each with an activation of 512 bytes.
  for (const bool hashes : {false, true}) {
    EXPECT_EQ(tier_of_32_channels(hashes).bytes_in_pieces(10, 16384, 8192), 10 * 2 * 8704);
  }
}

}  // namespace
}  // namespace orrery::lowering
