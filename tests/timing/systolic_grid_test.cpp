// SPDX-License-Identifier: Apache-2.0
// The timing against the register-level model, on random tiles and sequences of tiles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/timing/reference/array_controller.h"
#include "tests/timing/reference/random_jobs.h"
#include "timing/systolic_pipeline.h"
#include "timing/systolic_timing.h"

namespace orrery::timing {
namespace {

using reference::ArrayController;
using reference::FoldEvents;
using reference::RandomLimits;
using reference::RunOutcome;
using reference::TileJob;
using reference::TileOutcome;

void expect_same_tile(const ArrayShape& array, const TileTiming& timing, const TileOutcome& seen,
                      const TileJob& job) {
  const bool a_on_top = job.dataflow.a_on_top();
  EXPECT_EQ(timing.start, seen.start);
  EXPECT_EQ(timing.done, seen.done);
  EXPECT_EQ(timing.next_issue, seen.top_free);
  EXPECT_EQ(timing.a_free, a_on_top ? seen.top_free : seen.left_free);
  EXPECT_EQ(timing.b_free, a_on_top ? seen.left_free : seen.top_free);
  EXPECT_EQ(timing.a_elements_read, a_on_top ? seen.top_elements : seen.left_elements);
  EXPECT_EQ(timing.b_elements_read, a_on_top ? seen.left_elements : seen.top_elements);
  EXPECT_EQ(timing.macs_executed, array.rows * array.cols * seen.streamed_vectors);
  EXPECT_EQ(timing.partial_sums_written, seen.writes);
  EXPECT_EQ(seen.product, reference::naive_product(job.a, job.b, job.shape.groups));
}

// Runs the tiles on the grid and through the pipeline; expects equal cycles and the right product.
void expect_pipeline_equals_grid(const ArrayShape& array, const std::vector<TileJob>& jobs) {
  SCOPED_TRACE(reference::describe(array, jobs));
  const RunOutcome seen = ArrayController(array, jobs).run();
  ASSERT_EQ(seen.fault, "");
  SystolicPipeline pipeline(array);
  Cycle busy = 0;
  std::vector<bool> covered;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const TileJob& job = jobs[i];
    const TileTiming timing = pipeline.issue(job.earliest, job.dataflow, job.shape, job.intervals);
    expect_same_tile(array, timing, seen.tiles[i], job);
    EXPECT_GE(timing.done - timing.start, roofline_cycles(array, job.shape));
    busy += timing.busy_cycles;
    covered.resize(std::max(covered.size(), static_cast<std::size_t>(seen.tiles[i].done)));
    std::fill(covered.begin() + seen.tiles[i].start, covered.begin() + seen.tiles[i].done, true);
  }
  EXPECT_EQ(busy, std::count(covered.begin(), covered.end(), true));
}

void expect_random_runs_equal(std::uint64_t seed, int runs, const RandomLimits& limits,
                              std::int64_t fewest, std::int64_t most) {
  base::Random random(seed);
  for (int i = 0; i < runs && !testing::Test::HasFailure(); ++i) {
    const ArrayShape array = random_array(random, limits);
    expect_pipeline_equals_grid(array, random_jobs(random, limits, random.integer(fewest, most)));
  }
}

TEST(SystolicGrid, SingleTilesTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(1, 4000, {.side = 9, .size = 24}, 1, 1);
}

TEST(SystolicGrid, TilesOnLargerArraysTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(2, 200, {.side = 33, .size = 70}, 1, 1);
}

TEST(SystolicGrid, SingleTilesWithNarrowPortsTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(3, 2000, {.side = 7, .size = 20, .interval = 6}, 1, 1);
}

TEST(SystolicGrid, SequencesOfOneDataflowTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(4, 1000, {.side = 7, .size = 18, .one_dataflow = true}, 2, 6);
}

TEST(SystolicGrid, SequencesOfMixedDataflowsTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(5, 1000, {.side = 7, .size = 18}, 2, 6);
}

TEST(SystolicGrid, SequencesWithPausesAndNarrowPortsTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(6, 1500, {.side = 6, .size = 14, .interval = 5, .pause = 150}, 2, 6);
}

TEST(SystolicGrid, TilesOfSeveralGroupsTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(9, 3000, {.side = 9, .size = 5, .groups = 9}, 1, 1);
  expect_random_runs_equal(10, 300, {.side = 5, .size = 14, .groups = 5}, 1, 1);
}

TEST(SystolicGrid, SequencesOfTilesOfSeveralGroupsTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(11, 1000, {.side = 8, .size = 6, .groups = 7, .interval = 4}, 2, 5);
}

TEST(SystolicGrid, TheClosedFormOfATileOfSeveralGroupsTakesTheCyclesOfTheRegisterLevelModel) {
  base::Random random(12);
  for (int i = 0; i < 3000 && !HasFailure(); ++i) {
    const RandomLimits limits{.side = 9, .size = 9, .groups = 8};
    const ArrayShape array = random_array(random, limits);
    const std::vector<TileJob> jobs = random_jobs(random, limits, 1);
    SCOPED_TRACE(reference::describe(array, jobs));
    const RunOutcome seen = ArrayController(array, jobs).run();
    ASSERT_EQ(seen.fault, "");
    EXPECT_EQ(tile_cycles(array, jobs[0].dataflow, jobs[0].shape), seen.tiles[0].done);
  }
}

TEST(SystolicGrid, TheClosedFormOfATileTakesTheCyclesOfTheRegisterLevelModel) {
  base::Random random(7);
  for (int i = 0; i < 2000 && !HasFailure(); ++i) {
    const RandomLimits limits{.side = 8, .size = 20};
    const ArrayShape array = random_array(random, limits);
    const std::vector<TileJob> jobs = random_jobs(random, limits, 1);
    SCOPED_TRACE(reference::describe(array, jobs));
    const RunOutcome seen = ArrayController(array, jobs).run();
    ASSERT_EQ(seen.fault, "");
    EXPECT_EQ(tile_cycles(array, jobs[0].dataflow, jobs[0].shape), seen.tiles[0].done);
  }
}

// The events of a run with one of them a cycle early; nothing where fold `fold` has no such event.
std::vector<std::vector<FoldEvents>> one_cycle_early(const std::vector<FoldEvents>& events,
                                                     std::size_t fold, bool output_stationary) {
  std::vector<std::vector<FoldEvents>> variants(2, events);
  if (output_stationary) {
    --variants[0][fold].top;
    --variants[0][fold].left;
    --variants[1][fold].capture;
  } else {
    --variants[0][fold].top;
    --variants[1][fold].left;
  }
  return variants;
}

// With the replay of the unchanged events, which must succeed, this shows that each event of the
// schedule is in the first cycle that the hardware allows.
TEST(SystolicGrid, EveryEventOfAScheduleFailsOneCycleEarlierAndOnlyThere) {
  base::Random random(8);
  const RandomLimits limits{.side = 5, .size = 9, .interval = 3, .pause = 40};
  int tried = 0;
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const ArrayShape array = random_array(random, limits);
    std::vector<TileJob> jobs = random_jobs(random, limits, random.integer(1, 4));
    for (TileJob& job : jobs) {
      job.earliest += 1;  // so that no event a cycle early falls before cycle 0
    }
    SCOPED_TRACE(reference::describe(array, jobs));
    const std::vector<FoldEvents> events = ArrayController(array, jobs).run().events;
    EXPECT_EQ(ArrayController(array, jobs).replay(events).fault, "");
    const std::vector<reference::Fold> folds = reference::list_folds(array, jobs);
    for (std::size_t fold = 0; fold < folds.size(); ++fold) {
      for (const auto& early : one_cycle_early(events, fold, folds[fold].output_stationary())) {
        EXPECT_NE(ArrayController(array, jobs).replay(early).fault, "") << "fold " << fold;
        ++tried;
      }
    }
  }
  // 300 runs of about 2.5 tiles with several folds each.
  EXPECT_GE(tried, 3000);
}

struct EarlyEvent {
  Dataflow dataflow;
  TileShape shape;
  FeedIntervals intervals;
  std::size_t fold;
  FoldEvents shift;
  std::string fault;
};

// Which hazard bounds which event.
TEST(SystolicGrid, AnEarlyEventIsReportedAsTheHazardItCauses) {
  const auto ws = Dataflow::kWeightStationary;
  const auto os = Dataflow::kOutputStationary;
  const std::vector<EarlyEvent> cases = {
      {ws, {4, 2, 2}, {}, 0, {0, 1, 0}, "a wave arrives before its weight"},
      {ws, {4, 2, 4}, {5, 1, 1}, 1, {1, 0, 0}, "an operand overwrites a weight that waits"},
      {ws, {4, 2, 4}, {}, 1, {0, 1, 0}, "the port is still fetching at the edge: left"},
      {ws, {4, 2, 4}, {1, 4, 1}, 1, {1, 0, 0}, "the port is still fetching at the edge: top"},
      {ws, {4, 2, 2}, {}, 0, {1, 0, 0}, "fetched before the operands are there: top"},
      {ws, {4, 2, 4}, {1, 1, 2}, 1, {0, 1, 0}, "the accumulator port is busy"},
      {os, {2, 2, 3}, {}, 0, {0, 0, 1}, "a sum is captured before it is complete"},
      {os, {2, 4, 3}, {}, 1, {1, 1, 0}, "the port is still fetching at the edge: left"},
      {os, {2, 4, 1}, {}, 1, {0, 0, 1}, "a captured sum overwrites one that waits"},
      {os, {2, 6, 1}, {}, 2, {1, 1, 0}, "a sum begins before the one before it was captured"},
      {os, {2, 4, 2}, {1, 1, 3}, 1, {0, 0, 1}, "the accumulator port is busy"},
  };
  for (const EarlyEvent& early : cases) {
    SCOPED_TRACE(early.fault);
    TileJob job;
    job.dataflow = early.dataflow;
    job.shape = early.shape;
    job.intervals = early.intervals;
    // A later start leaves room for events before cycle 0.
    job.earliest = 5;
    job.a = reference::Matrix(job.shape.m, job.shape.k);
    job.b = reference::Matrix(job.shape.k, job.shape.n);
    const std::vector<TileJob> jobs = {job};
    std::vector<FoldEvents> events = ArrayController({2, 2}, jobs).run().events;
    events[early.fold].top -= early.shift.top;
    events[early.fold].left -= early.shift.left;
    events[early.fold].capture -= early.shift.capture;
    EXPECT_THAT(ArrayController({2, 2}, jobs).replay(events).fault,
                testing::HasSubstr(early.fault));
  }
}

}  // namespace
}  // namespace orrery::timing
