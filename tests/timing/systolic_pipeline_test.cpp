// SPDX-License-Identifier: Apache-2.0
#include "timing/systolic_pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tests/timing/reference/random_jobs.h"
#include "timing/systolic_timing.h"

namespace orrery::timing {
namespace {

constexpr auto kOs = Dataflow::kOutputStationary;
constexpr auto kWs = Dataflow::kWeightStationary;
constexpr auto kIs = Dataflow::kInputStationary;

TEST(SystolicPipeline, ATileGivesItsPortsBackOneByOne) {
  // ws on 4x3 from cycle 100: weights enter in 100..103, waves in 104..113; done 104 + 10 + 4 + 2.
  SystolicPipeline pipeline({4, 3});
  const TileTiming ws = pipeline.issue(100, kWs, {10, 3, 4});
  EXPECT_EQ(ws.start, 100);
  EXPECT_EQ(ws.next_issue, 104);
  EXPECT_EQ(ws.b_free, 104);
  EXPECT_EQ(ws.a_free, 114);
  EXPECT_EQ(ws.done, 120);
  EXPECT_EQ(ws.busy_cycles, 20);
}

TEST(SystolicPipeline, ThePreloadOfATileOverlapsTheStreamOfTheOneBefore) {
  SystolicPipeline pipeline({4, 3});
  (void)pipeline.issue(0, kWs, {10, 3, 4});
  // Weights may enter from the first wave on, cycle 4; the waves follow those before: 14..23.
  const TileTiming next = pipeline.issue(0, kWs, {10, 3, 4});
  EXPECT_EQ(next.start, 4);
  EXPECT_EQ(next.b_free, 8);
  EXPECT_EQ(next.a_free, 24);
  // 14 + 10 + 4 + 2, ten cycles after the first tile's 20.
  EXPECT_EQ(next.done, 30);
  EXPECT_EQ(next.busy_cycles, 10);
}

TEST(SystolicPipeline, ATileThatArrivesInTimeLosesNoCycleAndOneCycleLaterLosesOne) {
  // The second tile needs its 4 preload cycles before cycle 14: from cycle 10 on it loses nothing.
  for (const Cycle late : {0, 1, 5}) {
    SystolicPipeline pipeline({4, 3});
    (void)pipeline.issue(0, kWs, {10, 3, 4});
    EXPECT_EQ(pipeline.issue(10 + late, kWs, {10, 3, 4}).done, 30 + late);
  }
}

TEST(SystolicPipeline, BusyCyclesAreCountedOnceAndGapsAreNot) {
  SystolicPipeline pipeline({1, 8});
  // ws, one column fold of 8, m = k = 1: preload 0, wave 1, done 1 + 1 + 1 + 7 = 10.
  EXPECT_EQ(pipeline.issue(0, kWs, {1, 8, 1}).busy_cycles, 10);
  // One column, wave at 2, done 2 + 1 + 1 + 0 = 4: inside the first.
  const TileTiming inside = pipeline.issue(0, kWs, {1, 1, 1});
  EXPECT_EQ(inside.done, 4);
  EXPECT_EQ(inside.busy_cycles, 0);
  // From cycle 20: 20, 21 and done 23; the cycles 10..19 are nobody's.
  EXPECT_EQ(pipeline.issue(20, kWs, {1, 1, 1}).busy_cycles, 3);
}

TEST(SystolicPipeline, DataflowsFollowEachOtherThroughTheSamePorts) {
  SystolicPipeline pipeline({2, 2});
  // os: pairs 0..2, capture 3, two rows: done 3 + 2 + 2 + 1 = 8.
  EXPECT_EQ(pipeline.issue(0, kOs, {2, 2, 3}).done, 8);
  // ws: the top port is free from 3, weights 3..4, wave max(5, 3 left port, 3 + 2 drain) = 5..8.
  const TileTiming ws = pipeline.issue(0, kWs, {4, 2, 2});
  EXPECT_EQ(ws.start, 3);
  EXPECT_EQ(ws.done, 5 + 4 + 2 + 1);
  // os: left port free from 9: pair 9, capture 10, done 10 + 2 + 2 + 1.
  const TileTiming os = pipeline.issue(0, kOs, {2, 2, 1});
  EXPECT_EQ(os.start, 9);
  EXPECT_EQ(os.done, 15);
}

TEST(SystolicPipeline, CountsWhatIsReadMultipliedAndAccumulated) {
  // 4x3 array, m 5, n 7, k 9.
  SystolicPipeline pipeline({4, 3});
  const TileTiming ws = pipeline.issue(0, kWs, {5, 7, 9});
  // 3 folds of n x 3 of k; A once for each of n, B once; c is 35, added to by 3 folds of k.
  EXPECT_EQ(ws.folds, 9);
  EXPECT_EQ(ws.macs_useful, 315);
  EXPECT_EQ(ws.macs_executed, 9 * 12 * 5);
  EXPECT_EQ(ws.a_elements_read, 45 * 3);
  EXPECT_EQ(ws.b_elements_read, 63);
  EXPECT_EQ(ws.partial_sums_written, 35 * 3);
  EXPECT_EQ(ws.partial_sums_read, 35 * 2);
  const TileTiming is = pipeline.issue(0, kIs, {5, 7, 9});
  // 2 folds of m x 3 of k; A once, B once for each of m.
  EXPECT_EQ(is.folds, 6);
  EXPECT_EQ(is.macs_useful, 315);
  EXPECT_EQ(is.macs_executed, 6 * 12 * 7);
  EXPECT_EQ(is.a_elements_read, 45);
  EXPECT_EQ(is.b_elements_read, 63 * 2);
  EXPECT_EQ(is.partial_sums_written, 35 * 3);
  EXPECT_EQ(is.partial_sums_read, 35 * 2);
  const TileTiming os = pipeline.issue(0, kOs, {5, 7, 9});
  // 2 folds of m x 3 of n; A once for each of n, B once for each of m; sums stay in the array.
  EXPECT_EQ(os.folds, 6);
  EXPECT_EQ(os.macs_useful, 315);
  EXPECT_EQ(os.macs_executed, 6 * 12 * 9);
  EXPECT_EQ(os.a_elements_read, 45 * 3);
  EXPECT_EQ(os.b_elements_read, 63 * 2);
  EXPECT_EQ(os.partial_sums_written, 35);
  EXPECT_EQ(os.partial_sums_read, 0);
}

// Issues a tile fold by fold, each as a tile of its own.
TileTiming issue_folds(SystolicPipeline& pipeline, Cycle earliest, Dataflow dataflow,
                       const TileShape& tile, const FeedIntervals& intervals) {
  const SystolicLoopNest nest = loop_nest(pipeline.array(), dataflow, tile);
  TileTiming whole;
  whole.start = -1;
  for (std::int64_t outer = 0; outer < nest.outer; outer += nest.outer_step) {
    for (std::int64_t inner = 0; inner < nest.inner; inner += nest.inner_step) {
      const std::int64_t outer_size = std::min(nest.outer_step, nest.outer - outer);
      const std::int64_t inner_size = std::min(nest.inner_step, nest.inner - inner);
      std::map<Dimension, std::int64_t> size;
      size[dataflow.loop(0).dimension] = outer_size;
      size[dataflow.loop(1).dimension] = inner_size;
      size[dataflow.loop(2).dimension] = nest.streamed;
      const TileShape fold{size[Dimension::kM], size[Dimension::kN], size[Dimension::kK]};
      const TileTiming part = pipeline.issue(earliest, dataflow, fold, intervals);
      whole.start = whole.start < 0 ? part.start : whole.start;
      whole.next_issue = part.next_issue;
      whole.a_free = part.a_free;
      whole.b_free = part.b_free;
      whole.done = std::max(whole.done, part.done);
      whole.busy_cycles += part.busy_cycles;
      ++whole.folds;
      whole.macs_useful += part.macs_useful;
      whole.macs_executed += part.macs_executed;
      whole.a_elements_read += part.a_elements_read;
      whole.b_elements_read += part.b_elements_read;
      whole.partial_sums_written += part.partial_sums_written;
    }
  }
  return whole;
}

// Expects the same of tiles issued whole and fold by fold; gives the number of folds.
std::int64_t expect_tiles_equal_folds(const ArrayShape& array,
                                      const std::vector<reference::TileJob>& jobs) {
  SCOPED_TRACE(reference::describe(array, jobs));
  SystolicPipeline by_tile(array);
  SystolicPipeline by_fold(array);
  std::int64_t folds = 0;
  for (const reference::TileJob& job : jobs) {
    const TileTiming tile = by_tile.issue(job.earliest, job.dataflow, job.shape, job.intervals);
    const TileTiming parts =
        issue_folds(by_fold, job.earliest, job.dataflow, job.shape, job.intervals);
    EXPECT_EQ(tile.start, parts.start);
    EXPECT_EQ(tile.next_issue, parts.next_issue);
    EXPECT_EQ(tile.a_free, parts.a_free);
    EXPECT_EQ(tile.b_free, parts.b_free);
    EXPECT_EQ(tile.done, parts.done);
    EXPECT_EQ(tile.busy_cycles, parts.busy_cycles);
    EXPECT_EQ(tile.folds, parts.folds);
    EXPECT_EQ(tile.macs_useful, parts.macs_useful);
    EXPECT_EQ(tile.macs_executed, parts.macs_executed);
    EXPECT_EQ(tile.a_elements_read, parts.a_elements_read);
    EXPECT_EQ(tile.b_elements_read, parts.b_elements_read);
    EXPECT_EQ(tile.partial_sums_written, parts.partial_sums_written);
    folds += tile.folds;
  }
  return folds;
}

// The closed forms for runs of equal folds against one fold after the other, on tiles of many
// folds and with intervals that make the rhythm of the ports drift.
TEST(SystolicPipeline, ATileEqualsItsFoldsIssuedOneByOne) {
  base::Random random(11);
  const reference::RandomLimits limits{.side = 6, .size = 90, .interval = 40, .pause = 200};
  std::int64_t folds = 0;
  for (int run = 0; run < 1500 && !HasFailure(); ++run) {
    const ArrayShape array = reference::random_array(random, limits);
    folds += expect_tiles_equal_folds(array, reference::random_jobs(random, limits, 3));
  }
  EXPECT_GE(folds, 500'000);
}

// Wide arrays, few short folds: the last fold of a tile is often not the last to be done.
TEST(SystolicPipeline, ATileOnAWideArrayEqualsItsFoldsIssuedOneByOne) {
  base::Random random(13);
  const reference::RandomLimits limits{.side = 3, .size = 6, .interval = 4, .pause = 20};
  for (int run = 0; run < 5000 && !HasFailure(); ++run) {
    ArrayShape array = reference::random_array(random, limits);
    array.cols = random.integer(20, 100);
    auto jobs = reference::random_jobs(random, limits, 2);
    for (reference::TileJob& job : jobs) {
      job.shape.n += random.integer(0, 2) * array.cols;
      job.shape.m += random.integer(0, 1) * array.cols;
    }
    expect_tiles_equal_folds(array, jobs);
  }
}

TEST(SystolicPipeline, TheFirstTileTakesTheCyclesOfTheClosedForm) {
  base::Random random(12);
  const reference::RandomLimits limits{.side = 200, .size = 5000};
  for (int run = 0; run < 20'000 && !HasFailure(); ++run) {
    const ArrayShape array = reference::random_array(random, limits);
    TileShape tile;
    tile.m = random.integer(1, limits.size);
    tile.n = random.integer(1, limits.size);
    tile.k = random.integer(1, limits.size);
    for (const Dataflow& dataflow : reference::matrix_dataflows()) {
      const Cycle cycles = tile_cycles(array, dataflow, tile);
      EXPECT_EQ(tile_cycles(array, dataflow, tile, FeedIntervals{}), cycles)
          << dataflow.nest_text() << " " << array.rows << "x" << array.cols << " m " << tile.m
          << " n " << tile.n << " k " << tile.k;
      EXPECT_GE(cycles, roofline_cycles(array, tile));
    }
  }
}

TEST(SystolicPipeline, TimesBeyondTheEndOfTheNumbersAreRefused) {
  SystolicPipeline pipeline({1, 1});
  EXPECT_THROW((void)pipeline.issue(-1, kWs, {1, 1, 1}), base::InternalError);
  EXPECT_THROW((void)pipeline.issue(kLargestCount, kWs, {1, 1, 1}), base::InternalError);
  // One fold of 1 + 1 + 1 cycles at most: it ends at 2^62 at the latest.
  EXPECT_EQ(pipeline.issue(kLargestCount - 3, kWs, {1, 1, 1}).done, kLargestCount);
  EXPECT_THROW((void)pipeline.issue(0, kWs, {1, 1, 1}), base::InternalError);
}

}  // namespace
}  // namespace orrery::timing
