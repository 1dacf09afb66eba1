// SPDX-License-Identifier: Apache-2.0
// Hand-summed tiles.
#include "timing/systolic_timing.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "timing/systolic_loop_nest.h"
#include "timing/systolic_pipeline.h"

namespace orrery::timing {
namespace {

constexpr auto kOs = Dataflow::kOutputStationary;
constexpr auto kWs = Dataflow::kWeightStationary;
constexpr auto kIs = Dataflow::kInputStationary;
constexpr std::int64_t kHuge = std::int64_t{1} << 31;

TEST(SystolicTiming, OneMultiplicationOnOneElementTakesThreeCycles) {
  // ws, is: preload 1, multiply 1, accumulate 1. os: multiply 1, capture 1, accumulate 1.
  for (const Dataflow dataflow : {kOs, kWs, kIs}) {
    EXPECT_EQ(tile_cycles({1, 1}, dataflow, {1, 1, 1}), 3);
  }
}

TEST(SystolicTiming, OneFullFoldIsPreloadPlusStreamPlusRowsPlusColumns) {
  // 4x3 array.
  // ws: preload k 4, stream m 10, down the rows 4, skew of the columns 3 - 1 = 2: 20.
  EXPECT_EQ(tile_cycles({4, 3}, kWs, {10, 3, 4}), 4 + 10 + 4 + 2);
  // is: preload k 4, stream n 10, rows 4, skew 2: 20.
  EXPECT_EQ(tile_cycles({4, 3}, kIs, {3, 10, 4}), 4 + 10 + 4 + 2);
  // os: stream k 10, then as many rows leave as were captured, m 4, rows 4, skew 2: 20.
  EXPECT_EQ(tile_cycles({4, 3}, kOs, {4, 3, 10}), 10 + 4 + 4 + 2);
}

TEST(SystolicTiming, UnusedRowsArePassedAndUnusedColumnsAreNot) {
  // 4x3 array, one fold of 2 rows and 1 column, skew 0.
  EXPECT_EQ(tile_cycles({4, 3}, kWs, {10, 1, 2}), 2 + 10 + 4 + 0);
  EXPECT_EQ(tile_cycles({4, 3}, kIs, {1, 10, 2}), 2 + 10 + 4 + 0);
  EXPECT_EQ(tile_cycles({4, 3}, kOs, {2, 1, 10}), 10 + 2 + 4 + 0);
}

TEST(SystolicTiming, WavesOfStationaryFoldsAreTheLongerOfPreloadAndStreamApart) {
  // 4x3 array, k = 9: depths 4, 4, 1.
  // m 2: waves at 4, +max(4, 2), +max(1, 2) = 10; then m 2, rows 4, skew 2: 18.
  EXPECT_EQ(tile_cycles({4, 3}, kWs, {2, 3, 9}), 4 + 4 + 2 + 2 + 4 + 2);
  // m 3, 4, 5 around the depth 4: waves at 4 + 4 + 3, 4 + 4 + 4, 4 + 5 + 5.
  EXPECT_EQ(tile_cycles({4, 3}, kWs, {3, 3, 9}), 11 + 3 + 4 + 2);
  EXPECT_EQ(tile_cycles({4, 3}, kWs, {4, 3, 9}), 12 + 4 + 4 + 2);
  EXPECT_EQ(tile_cycles({4, 3}, kWs, {5, 3, 9}), 14 + 5 + 4 + 2);
}

TEST(SystolicTiming, CapturesOfOutputStationaryFoldsAreTheLongerOfStreamAndDrainApart) {
  // 4x3 array, m = 9, n = 3: folds of 4, 4 and 1 rows; captures at k, +max(k, 4), +max(k, 4).
  // k 2: 2 + 4 + 4 = 10, then 1 row leaves, rows 4, skew 2: 17.
  EXPECT_EQ(tile_cycles({4, 3}, kOs, {9, 3, 2}), 10 + 1 + 4 + 2);
  // k 3, 4, 5 around the 4 rows: captures at 3 + 8, 4 + 8, 5 + 10.
  EXPECT_EQ(tile_cycles({4, 3}, kOs, {9, 3, 3}), 11 + 1 + 4 + 2);
  EXPECT_EQ(tile_cycles({4, 3}, kOs, {9, 3, 4}), 12 + 1 + 4 + 2);
  EXPECT_EQ(tile_cycles({4, 3}, kOs, {9, 3, 5}), 15 + 1 + 4 + 2);
}

TEST(SystolicTiming, AWideFoldCanBeDoneAfterTheNarrowOneThatFollowsIt) {
  // 1x8 array, n = 9: a fold of 8 columns, then one of 1.
  // ws, m = k = 1: waves at 1 and 2; done at 1 + 1 + 1 + 7 = 10 and 2 + 1 + 1 + 0 = 4.
  EXPECT_EQ(tile_cycles({1, 8}, kWs, {1, 9, 1}), 10);
  // os: captures at 1 and 2; done at 1 + 1 + 1 + 7 = 10 and 2 + 1 + 1 + 0 = 4.
  EXPECT_EQ(tile_cycles({1, 8}, kOs, {1, 9, 1}), 10);
  // is, m = 9: as ws.
  EXPECT_EQ(tile_cycles({1, 8}, kIs, {9, 1, 1}), 10);
}

TEST(SystolicTiming, AMatrixTimesAVectorTakesTheSizeOfTheMatrixOverOneSideOfTheArray) {
  // m = 1, n = k = 4096 on 128x128: 4096 x 4096 / 128 = 131072 cycles and the passage of the array.
  const ArrayShape array{128, 128};
  const TileShape gemv{1, 4096, 4096};
  // ws: 32 x 32 folds, bounded by preloads of 128: 1024 x 128; m 1, rows 128, skew 127.
  EXPECT_EQ(tile_cycles(array, kWs, gemv), 131072 + 1 + 128 + 127);
  // is: 32 folds in one column, each streams n: 128 + 31 x 4096 + 4096; rows 128, skew 0.
  EXPECT_EQ(tile_cycles(array, kIs, gemv), 128 + 131072 + 128 + 0);
  // os: 32 folds in one row, each streams k: 32 x 4096; 1 row, rows 128, skew 127.
  EXPECT_EQ(tile_cycles(array, kOs, gemv), 131072 + 1 + 128 + 127);
  // The peak of the array would be 16777216 / 16384 = 1024 cycles.
  EXPECT_EQ(roofline_cycles(array, gemv), 1024);
}

TEST(SystolicTiming, ASlowLeftPortSpacesTheVectorsOfTheStream) {
  // 2x2 array, one fold, 3 cycles a vector. ws: preload 2, so the wave enters when its first vector
  // is there: max(2, 3 - 1) = 2; the last of 4 vectors at 2 + 3 x 3 = 11; rows 2, skew 1, and the
  // accumulation itself 1: 11 + 2 + 1 + 1.
  EXPECT_EQ(tile_cycles({2, 2}, kWs, {4, 2, 2}, {.left = 3}), 15);
  // At 4 cycles a vector the first is there in cycle 3: 3 + 3 x 4 + 2 + 1 + 1.
  EXPECT_EQ(tile_cycles({2, 2}, kWs, {4, 2, 2}, {.left = 4}), 19);
  // os: pairs at 2, 5, 8, 11; capture at 12; 2 rows leave; rows 2; skew 1.
  EXPECT_EQ(tile_cycles({2, 2}, kOs, {2, 2, 4}, {.left = 3}), 12 + 2 + 2 + 1);
  // The slower of the two ports counts.
  EXPECT_EQ(tile_cycles({2, 2}, kOs, {2, 2, 4}, {.left = 2, .top = 3}), 12 + 2 + 2 + 1);
}

TEST(SystolicTiming, ASlowTopPortSpacesTheRowsOfTheWeights) {
  // ws, 2x2 array, two folds of depth 2 (k = 4), 3 cycles a weight row: rows enter at 2, 5, 8, 11;
  // waves at 6 and 12; m 1, rows 2, skew 1: 12 + 1 + 2 + 1.
  EXPECT_EQ(tile_cycles({2, 2}, kWs, {1, 2, 4}, {.top = 3}), 16);
}

TEST(SystolicTiming, ASlowAccumulatorPortSpacesTheStreamOrTheDrain) {
  // ws, 2x2 array, 2 cycles a read-modify-write: vectors enter at 2, 4, 6; the last value begins at
  // 6 + rows 2 + skew 1 = 9 and ends with cycle 10.
  EXPECT_EQ(tile_cycles({2, 2}, kWs, {3, 2, 2}, {.accumulator = 2}), 11);
  // os: pairs at 0, 1, 2; capture at 3; values begin at 3 + 2 and 3 + 2 + 2, skew 1: cycle 8, which
  // ends with cycle 9.
  EXPECT_EQ(tile_cycles({2, 2}, kOs, {2, 2, 3}, {.accumulator = 2}), 10);
}

TEST(SystolicTiming, IntervalsAreTheBytesOfTheWidestVectorOverTheWidthOfThePort) {
  const OperandBits bits{.a = 8, .b = 4, .accumulator = 32};
  const PortWidths widths{.left = 4, .top = 4, .accumulator = 8};
  // ws on 16x12, k 9 rows of A in 8 bits: ceil(9/4) = 3; n 12 columns of B in 4 bits: ceil(6/4) =
  // 2; 12 sums of 4 bytes: 48/8 = 6.
  const FeedIntervals ws = feed_intervals({16, 12}, kWs, {100, 20, 9}, bits, widths);
  EXPECT_EQ(ws.left, 3);
  EXPECT_EQ(ws.top, 2);
  EXPECT_EQ(ws.accumulator, 6);
  // is: k 9 rows of B in 4 bits, 4.5 bytes: 2; m 12 columns of A in 8 bits: 3; 6 as before.
  const FeedIntervals is = feed_intervals({16, 12}, kIs, {100, 20, 9}, bits, widths);
  EXPECT_EQ(is.left, 2);
  EXPECT_EQ(is.top, 3);
  EXPECT_EQ(is.accumulator, 6);
  // os: m 5 rows of A in 8 bits: 2; n 3 columns of B in 4 bits, 1.5 bytes: 1; 3 sums, 12/8: 2.
  const FeedIntervals os = feed_intervals({16, 12}, kOs, {5, 3, 100}, bits, widths);
  EXPECT_EQ(os.left, 2);
  EXPECT_EQ(os.top, 1);
  EXPECT_EQ(os.accumulator, 2);
  // Width 0 is as wide as the edge; a vector of exactly the width takes one cycle, one more two.
  EXPECT_EQ(feed_intervals({16, 12}, kWs, {100, 20, 9}, bits, {}).accumulator, 1);
  EXPECT_EQ(feed_intervals({16, 12}, kWs, {1, 1, 4}, bits, widths).left, 1);
  EXPECT_EQ(feed_intervals({16, 12}, kWs, {1, 1, 5}, bits, widths).left, 2);
}

TEST(SystolicTiming, RooflineRoundsUp) {
  // 2 x 3 x 2 = 12 multiplications on 12 elements, then 13 x 1 x 1 on 12.
  EXPECT_EQ(roofline_cycles({4, 3}, {2, 3, 2}), 1);
  EXPECT_EQ(roofline_cycles({4, 3}, {13, 1, 1}), 2);
}

TEST(SystolicTiming, SizesNearTheEndOfTheNumbersAreExactOrRefused) {
  // 1x1 array, ws, k = n = 1, m = 2^31 vectors: preload 1, stream, rows 1, skew 0.
  EXPECT_EQ(tile_cycles({1, 1}, kWs, {kHuge, 1, 1}), kHuge + 2);
  // k = 2^31 folds of depth 1 and one vector each, waves 1 apart from cycle 1 on: the last enters
  // in cycle 2^31; rows 1, skew 0.
  EXPECT_EQ(tile_cycles({1, 1}, kWs, {1, 1, kHuge}), kHuge + 2);
  // 2^62 multiplications are counted, 2^62 + 2^31 are not.
  EXPECT_EQ(checked_product(kHuge, kHuge), kLargestCount);
  EXPECT_EQ(roofline_cycles({1, 1}, {kHuge, kHuge, 1}), kLargestCount);
  EXPECT_THROW((void)roofline_cycles({1, 1}, {kHuge, kHuge + 1, 1}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 1}, kWs, {kHuge, kHuge, kHuge}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 1}, kOs, {kHuge, kHuge, kHuge}), base::InternalError);
}

// Depthwise 3x3 on 64x64: k = 9, n = 1, so min(64 / 9, 64 / 1) = 7 groups lie on the diagonal and
// 63 of 4096 elements hold a weight. 16 channels a group: k = 144 in folds of 64, 64 and 16 rows,
// 16 columns each, 2304 of 3 * 4096.
TEST(SystolicTiming, SmallGroupsLieOnTheDiagonalOfAWeightStationaryArray) {
  const ArrayShape array{64, 64};
  const auto ws = Dataflow::kWeightStationary;
  const TileShape depthwise{196, 1, 9, 7};
  EXPECT_EQ(group_passes(array, ws, depthwise).packed, 7);
  const TileTiming packed = SystolicPipeline(array).issue(0, ws, depthwise);
  EXPECT_EQ(packed.folds, 1);
  EXPECT_EQ(packed.macs_useful, 196 * 63);
  EXPECT_EQ(packed.macs_executed, 196 * 4096);
  EXPECT_EQ(packed.a_elements_read, 196 * 63);
  EXPECT_EQ(packed.b_elements_read, 63);
  EXPECT_EQ(packed.partial_sums_written, 196 * 7);

  const TileTiming wide = SystolicPipeline(array).issue(0, ws, {196, 16, 144, 1});
  EXPECT_EQ(wide.folds, 3);
  EXPECT_EQ(wide.macs_useful * 3 * 4096, wide.macs_executed * 2304);
  // Two such groups share nothing: 144 rows are more than the array has.
  EXPECT_EQ(group_passes(array, ws, {196, 16, 144, 2}).packed, 1);
}

TEST(SystolicTiming, GroupsTakeTheRowsAndColumnsThatThereAre) {
  const ArrayShape array{12, 10};
  const auto packed = [&](Dataflow dataflow, const TileShape& tile) {
    return group_passes(array, dataflow, tile).packed;
  };
  const auto ws = Dataflow::kWeightStationary;
  const auto is = Dataflow::kInputStationary;
  EXPECT_EQ(packed(ws, {5, 2, 3, 9}), 4);  // 12 / 3 = 4 by rows, 10 / 2 = 5 by columns
  EXPECT_EQ(packed(ws, {5, 4, 3, 9}), 2);  // 10 / 4 by columns
  EXPECT_EQ(packed(ws, {5, 2, 3, 3}), 3);  // no more than there are
  EXPECT_EQ(packed(is, {5, 2, 3, 9}), 2);  // m in the columns: 10 / 5
  EXPECT_EQ(packed(Dataflow::kOutputStationary, {1, 1, 1, 9}), 1);
  // 9 groups in passes of 4, 4 and 1.
  EXPECT_EQ(group_passes(array, ws, {5, 2, 3, 9}).count, 3);
  EXPECT_EQ(group_passes(array, ws, {5, 2, 3, 9}).last_packed, 1);
}

TEST(SystolicTiming, EmptySizesAreRefused) {
  EXPECT_THROW((void)tile_cycles({0, 1}, kWs, {1, 1, 1}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 0}, kWs, {1, 1, 1}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 1}, kWs, {0, 1, 1}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 1}, kIs, {1, 0, 1}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 1}, kOs, {1, 1, -1}), base::InternalError);
  EXPECT_THROW((void)tile_cycles({1, 1}, kOs, {1, 1, 1}, {.top = 0}), base::InternalError);
  EXPECT_THROW((void)feed_intervals({1, 1}, kOs, {1, 1, 1}, {.a = 0}, {}), base::InternalError);
  EXPECT_THROW((void)feed_intervals({1, 1}, kOs, {1, 1, 1}, {}, {.left = -1}), base::InternalError);
}

TEST(SystolicTiming, NamesAreReadAsTheyAreWritten) {
  for (const auto& [convention, name] : kFoldConventionNames) {
    EXPECT_EQ(to_string(convention), name);
    EXPECT_EQ(parse_fold_convention(name), convention);
  }
  EXPECT_EQ(parse_fold_convention(""), std::nullopt);
}

}  // namespace
}  // namespace orrery::timing
