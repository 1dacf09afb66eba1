// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_kv_layout.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "lowering/layer/scattered_rows.h"

namespace orrery::lowering {
namespace {

// GPT-3 7B on four devices in NeuPIMs: 32 banks, rows of 512 fp16, eight heads of 128.
constexpr PimKvShape kNeuPims{32, 32, 512, 8, 128, 128};

TEST(PimKvLayout, TakesTheRowsThatNeuPimsAllocates) {
  // 376 tokens. Keys: ceil(376 / 32) = 12 tiles of ceil(1024 / 512) = 2 rows. Values: one chunk of
  // 512 tokens in ceil(1024 / 32) = 32 rows.
  const PimKvLayout layout(kNeuPims, {{376, 5}});
  EXPECT_EQ(layout.key_tiles(0), 12);
  EXPECT_EQ(layout.key_chunks(), 2);
  EXPECT_EQ(layout.key_rows(), 24);
  EXPECT_EQ(layout.value_chunks(0), 1);
  EXPECT_EQ(layout.rows_per_head(), 4);
  EXPECT_EQ(layout.value_rows(), 32);
  EXPECT_EQ(PimKvLayout::rows_of(kNeuPims, 376), 56);
  // 513 tokens begin a second chunk of values and a 17th tile of keys: 34 + 64.
  EXPECT_EQ(PimKvLayout::rows_of(kNeuPims, 513), 98);
}

TEST(PimKvLayout, PutsTokensOfKeysAndDimensionsOfValuesInTurnIntoBanks) {
  const PimKvLayout layout(kNeuPims, {{600, 5}});
  // Token 70 = 2 * 32 + 6: bank 6, tile 2; head 5 is the second of the tile's second row.
  EXPECT_EQ(layout.key(0, 5, 70, 3), (PimKvLayout::Place{5, 6, 2 * 2 + 1, 128 + 3}));
  // Dimension 70: bank 6, row 2 of the head; token 600 - 1 is the 88th of the second chunk, which
  // begins after 8 heads of 4 rows.
  EXPECT_EQ(layout.value(0, 5, 599, 70), (PimKvLayout::Place{5, 6, 32 + 5 * 4 + 2, 87}));
}

TEST(PimKvLayout, HoldsTheValuesOfWholeBlocksOnly) {
  PimKvShape shape = kNeuPims;
  shape.value_block = 32;
  const PimKvLayout layout(shape, {{31, 0}, {32, 0}, {543, 1}, {544, 1}});
  // 31 tokens wait, none is in the banks; the 32nd makes a block; 543 = 16 * 32 + 31 need one chunk
  // of 512, 544 = 17 * 32 two.
  EXPECT_EQ(layout.staged_tokens(0), 31);
  EXPECT_EQ(layout.value_chunks(0), 0);
  EXPECT_EQ(layout.staged_tokens(1), 0);
  EXPECT_EQ(layout.value_chunks(1), 1);
  EXPECT_EQ(layout.chunk_tokens(1, 0), 32);
  EXPECT_EQ(layout.staged_tokens(2), 31);
  EXPECT_EQ(layout.value_chunks(2), 1);
  EXPECT_EQ(layout.chunk_tokens(2, 0), 512);
  EXPECT_EQ(layout.value_chunks(3), 2);
  EXPECT_EQ(layout.chunk_tokens(3, 1), 32);
  // Rows of the fuller channel: 1 + 2 chunks of 32.
  EXPECT_EQ(layout.value_rows(), 96);
  // Keys of 543 tokens, 17 tiles of 2 rows, and a chunk of values; of 31 tokens one tile of keys.
  // 32 tokens of 1,024 elements wait in 64 rows of 512, two of every bank.
  EXPECT_EQ(PimKvLayout::staging_rows_of(shape), 2);
  EXPECT_EQ(PimKvLayout::rows_of(shape, 543), 34 + 32 + 2);
  EXPECT_EQ(PimKvLayout::rows_of(shape, 31), 2 + 2);
  EXPECT_EQ(layout.staging_rows(), 4);
  // Request 3 is the second of channel 1. Token 16 + 1 of its block, head 4: element
  // 17 * 1,024 + 4 * 128 + 5 is the fifth behind the start of row 35 = 32 + 3.
  EXPECT_EQ(layout.staged(3, 4, 512 + 17, 5), (PimKvLayout::Place{1, 3, 2 + 1, 5}));
}

TEST(PimKvLayout, RequestsOfAChannelFollowEachOtherAndTheFullestChannelDecides) {
  // Channel 1 has requests 0 and 2: ceil(33 / 32) + ceil(64 / 32) = 4 tiles of keys.
  const PimKvLayout layout(kNeuPims, {{33, 1}, {32, 0}, {64, 1}});
  EXPECT_EQ(layout.key_row(0, 0), 0);
  EXPECT_EQ(layout.key_row(1, 0), 0);
  EXPECT_EQ(layout.key_row(2, 0), 4);
  EXPECT_EQ(layout.key_row(2, 1), 6);
  EXPECT_EQ(layout.key_rows(), 8);
  EXPECT_EQ(layout.value_row(2, 0, 0), 32);
  EXPECT_EQ(layout.value_rows(), 64);
}

TEST(PimKvLayout, NoTwoElementsShareAPlaceAndAllLieInside) {
  // Heads of 3 elements, two in a row of 7 (one element is left over); values of 5.
  const PimKvShape shape{2, 4, 7, 3, 3, 5};
  const PimKvLayout layout(shape, {{9, 0}, {1, 1}, {8, 0}, {15, 1}});
  for (const bool is_key : {true, false}) {
    std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>> places;
    std::size_t elements = 0;
    for (std::int64_t request = 0; request < 4; ++request) {
      for (std::int64_t head = 0; head < 3; ++head) {
        for (std::int64_t token = 0;
             token < layout.requests()[static_cast<std::size_t>(request)].tokens; ++token) {
          for (std::int64_t d = 0; d < (is_key ? 3 : 5); ++d, ++elements) {
            const auto place = is_key ? layout.key(request, head, token, d)
                                      : layout.value(request, head, token, d);
            places.insert({place.channel, place.bank, place.row, place.element});
            EXPECT_LT(place.bank, 4);
            EXPECT_LT(place.element, 7);
            EXPECT_LT(place.row, is_key ? layout.key_rows() : layout.value_rows());
          }
        }
      }
    }
    EXPECT_EQ(places.size(), elements);
  }
}

TEST(ScatteredRows, EvenPiecesAreOneMoveAndOthersMore) {
  std::vector<ScatteredPiece> pieces;
  // Two rows of three banks, 2 bytes each; then one piece that does not fit in.
  for (std::int64_t row = 0; row < 2; ++row) {
    for (std::int64_t bank = 0; bank < 3; ++bank) {
      pieces.push_back({row * 1000 + bank * 100, 50 + row * 6 + bank * 2, 2});
    }
  }
  pieces.push_back({5000, 62, 2});
  const std::vector<TensorMove> moves = moves_of(7, pieces);
  ASSERT_EQ(moves.size(), 2U);
  EXPECT_EQ(moves[0].tensor, 7);
  EXPECT_EQ(moves[0].count, (std::array<std::int64_t, 3>{1, 2, 3}));
  EXPECT_EQ(moves[0].tensor_stride, (std::array<std::int64_t, 3>{0, 1000, 100}));
  EXPECT_EQ(moves[0].buffer_stride, (std::array<std::int64_t, 3>{0, 6, 2}));
  EXPECT_EQ(moves[0].row_bytes, 2);
  EXPECT_EQ(moves[1].tensor_offset, 5000);
  EXPECT_EQ(moves[1].count, (std::array<std::int64_t, 3>{1, 1, 1}));
}

TEST(ScatteredRows, PiecesThatFollowEachOtherAtBothEndsAreOneRow) {
  const std::vector<TensorMove> moves = moves_of(0, {{0, 10, 4}, {4, 14, 4}, {8, 18, 4}});
  ASSERT_EQ(moves.size(), 1U);
  EXPECT_EQ(moves[0].row_bytes, 12);
}

}  // namespace
}  // namespace orrery::lowering
