// SPDX-License-Identifier: Apache-2.0
#include "timing/row_stationary.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tests/timing/reference/row_grid.h"
#include "timing/systolic_pipeline.h"
#include "timing/systolic_timing.h"

namespace orrery::timing {
namespace {

using reference::RowGrid;
using reference::RowJob;
using reference::RowOutcome;

struct Limits {
  std::int64_t side = 9;
  std::int64_t size = 6;   // of outputs, channels, features
  std::int64_t width = 0;  // bytes a cycle of a port, 0 for as wide as it takes
  Cycle pause = 0;
};

// 1 in a third of the cases.
std::int64_t size(base::Random& random, std::int64_t most) {
  return random.integer(0, 2) == 0 ? 1 : random.integer(1, most);
}

RowStationaryTile random_tile(base::Random& random, const Limits& limits) {
  RowStationaryTile tile;
  ConvolutionWindow& w = tile.window;
  w.images = size(random, 3);
  w.output_rows = size(random, limits.size);
  w.output_columns = size(random, limits.size);
  w.filter_rows = size(random, 4);
  w.filter_columns = size(random, 4);
  w.stride_h = size(random, 3);
  w.stride_w = size(random, 3);
  w.dilation_h = size(random, 4);
  w.dilation_w = size(random, 4);
  tile.shape = {w.images * w.output_rows * w.output_columns, size(random, limits.size),
                w.filter_rows * w.filter_columns * size(random, limits.size), size(random, 3)};
  return tile;
}

RegisterFiles random_files(base::Random& random) {
  return {size(random, 12), size(random, 30), size(random, 8)};
}

RowJob random_job(base::Random& random, const ArrayShape& array, const RegisterFiles& files,
                  const Limits& limits, Cycle earliest) {
  RowJob job;
  job.earliest = earliest;
  job.tile = random_tile(random, limits);
  const std::int64_t types[] = {4, 8, 16};
  job.bits = {types[random.integer(0, 2)], types[random.integer(0, 2)], 32};
  const auto width = [&] { return limits.width == 0 ? 0 : random.integer(0, limits.width); };
  job.widths = {width(), width(), 2 * width()};
  const RowStationaryFolds folds =
      plan_row_stationary(array, files, job.tile, job.bits, job.widths).folds;
  job.features = folds.features;
  job.channels = folds.channels;
  job.filter_columns = folds.filter_columns;
  const std::int64_t channels = job.tile.channels() * job.groups();
  job.inputs.resize(
      static_cast<std::size_t>(job.tile.window.images * channels * job.height() * job.width()));
  job.filters.resize(static_cast<std::size_t>(job.tile.shape.k * job.tile.shape.n * job.groups()));
  for (auto* values : {&job.inputs, &job.filters}) {
    for (std::int64_t& value : *values) {
      value = random.integer(-9, 9);
    }
  }
  return job;
}

std::string describe(const ArrayShape& array, const std::vector<RowJob>& jobs) {
  std::string text = fmt::format("{}x{}", array.rows, array.cols);
  for (const RowJob& job : jobs) {
    const ConvolutionWindow& w = job.tile.window;
    text += fmt::format(
        "\n  from {}: {} images {}x{}, n {}, k {}, groups {}, filter {}x{}, stride {}x{}, dilation "
        "{}x{}; p {} q {} s {}; bits {} {}, widths {} {} {}",
        job.earliest, w.images, w.output_rows, w.output_columns, job.tile.shape.n, job.tile.shape.k,
        job.groups(), w.filter_rows, w.filter_columns, w.stride_h, w.stride_w, w.dilation_h,
        w.dilation_w, job.features, job.channels, job.filter_columns, base::to_string(job.bits.a),
        base::to_string(job.bits.b), job.widths.left, job.widths.top, job.widths.accumulator);
  }
  return text;
}

// Runs the tiles on the grid and through the pipeline; expects equal cycles and the right sums.
void expect_pipeline_equals_grid(const ArrayShape& array, const RegisterFiles& files,
                                 const std::vector<RowJob>& jobs) {
  SCOPED_TRACE(describe(array, jobs));
  RowGrid grid(array, jobs);
  const std::vector<RowOutcome> seen = grid.run();
  ASSERT_EQ(grid.fault(), "");
  SystolicPipeline pipeline(array);
  Cycle busy = 0;
  std::vector<bool> covered;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const RowJob& job = jobs[i];
    const RowStationaryPlan plan =
        plan_row_stationary(array, files, job.tile, job.bits, job.widths);
    const TileTiming timing = pipeline.issue(job.earliest, job.tile, plan);
    EXPECT_EQ(timing.start, seen[i].start);
    EXPECT_EQ(timing.done, seen[i].done);
    EXPECT_EQ(timing.a_free, seen[i].inputs_free);
    EXPECT_EQ(timing.b_free, seen[i].filters_free);
    EXPECT_EQ(timing.folds, seen[i].passes);
    EXPECT_EQ(timing.a_elements_read, seen[i].inputs);
    EXPECT_EQ(timing.b_elements_read, seen[i].filters);
    EXPECT_EQ(timing.partial_sums_written, seen[i].writes);
    EXPECT_EQ(seen[i].sums, job.naive_sums());
    EXPECT_GE(timing.done - timing.start, roofline_cycles(array, job.tile.shape));
    EXPECT_GE(timing.macs_executed, timing.macs_useful);
    busy += timing.busy_cycles;
    covered.resize(std::max(covered.size(), static_cast<std::size_t>(seen[i].done)));
    std::fill(covered.begin() + seen[i].start, covered.begin() + seen[i].done, true);
  }
  EXPECT_EQ(busy, std::count(covered.begin(), covered.end(), true));
}

void expect_random_runs_equal(std::uint64_t seed, int runs, const Limits& limits,
                              std::int64_t fewest, std::int64_t most) {
  base::Random random(seed);
  for (int i = 0; i < runs && !testing::Test::HasFailure(); ++i) {
    const ArrayShape array{size(random, limits.side), size(random, limits.side)};
    const RegisterFiles files = random_files(random);
    std::vector<RowJob> jobs;
    Cycle earliest = 0;
    for (std::int64_t count = random.integer(fewest, most); count > 0; --count) {
      jobs.push_back(random_job(random, array, files, limits, earliest));
      earliest += random.integer(0, limits.pause);
    }
    expect_pipeline_equals_grid(array, files, jobs);
  }
}

TEST(RowStationaryGrid, SingleTilesTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(1, 3000, {.side = 9, .size = 6}, 1, 1);
}

TEST(RowStationaryGrid, SingleTilesWithNarrowPortsTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(2, 3000, {.side = 8, .size = 6, .width = 9}, 1, 1);
}

TEST(RowStationaryGrid, SequencesOfTilesTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(3, 800, {.side = 7, .size = 5, .width = 12, .pause = 90}, 2, 5);
}

TEST(RowStationaryGrid, TilesThatPauseTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(4, 400, {.side = 7, .size = 4, .width = 24, .pause = 900}, 2, 4);
}

TEST(RowStationaryGrid, TilesOnLargerArraysTakeTheCyclesOfTheRegisterLevelModel) {
  expect_random_runs_equal(5, 40, {.side = 24, .size = 13, .width = 64}, 1, 2);
}

// 4 x 5 outputs of a 3x3 filter over one channel.
RowStationaryTile small_tile() {
  RowStationaryTile tile;
  tile.window.output_rows = 4;
  tile.window.output_columns = 5;
  tile.window.filter_rows = tile.window.filter_columns = 3;
  tile.shape = {20, 1, 9, 1};
  return tile;
}

TileTiming alone(const ArrayShape& array, const RowStationaryTile& tile,
                 const PortWidths& widths = {}) {
  return SystolicPipeline(array).issue(0, tile, plan_row_stationary(array, {}, tile, {}, widths));
}

TEST(RowStationary, OneSetTakesThreeCyclesForEachOutputColumn) {
  const TileTiming timing = alone({3, 4}, small_tile());
  EXPECT_EQ(timing.folds, 1);
  // Filters and first inputs in cycle 0; columns start in 1, 4, 7, 10, 13; the last one's products
  // end before 16, its sum leaves row 0 in 16 and stands below row 2 from 17 + 3 on.
  EXPECT_EQ(timing.done, 20);
  EXPECT_EQ(timing.next_issue, 1);
  // 6 input rows x 7 input columns; 9 weights; 20 sums; 12 PEs x 5 columns x 3 products.
  EXPECT_EQ(timing.a_elements_read, 42);
  EXPECT_EQ(timing.b_elements_read, 9);
  EXPECT_EQ(timing.partial_sums_written, 20);
  EXPECT_EQ(timing.partial_sums_read, 0);
  EXPECT_EQ(timing.macs_useful, 180);
  EXPECT_EQ(timing.macs_executed, 180);
}

TEST(RowStationary, FoldsOutputRowsOverTheColumnsAndFilterRowsOverTheRows) {
  // 4 output rows on 3 columns: 3 + 1; 3 filter rows on 2 rows: 2 + 1.
  const TileTiming timing = alone({2, 3}, small_tile());
  EXPECT_EQ(timing.folds, 4);
  // Input rows: 3 + 2 - 1 and 3 for the first three outputs, 2 and 1 for the last: 10, 7 columns
  // each.
  EXPECT_EQ(timing.a_elements_read, 70);
  // The filter again for each fold of output rows, sums twice.
  EXPECT_EQ(timing.b_elements_read, 18);
  EXPECT_EQ(timing.partial_sums_written, 40);
  EXPECT_EQ(timing.partial_sums_read, 20);
  // Four passes of 5 columns of 3 cycles: 1 + 60, then 1 sum and 2 rows.
  EXPECT_EQ(timing.done, 64);
}

TEST(RowStationary, ReplicatesSetsAboveAndBesideEachOther) {
  RowStationaryTile tile = small_tile();
  tile.shape.groups = 8;  // a depthwise convolution of 8 channels
  // 7 rows hold 2 sets of 3, 9 columns 2 sets of 4: 4 groups a pass.
  const RowStationaryPlan plan = plan_row_stationary({7, 9}, {}, tile, {}, {});
  EXPECT_EQ(plan.folds.pairs, 4);
  EXPECT_EQ(plan.folds.sets_above, 2);
  EXPECT_EQ(plan.folds.sets_beside, 2);
  EXPECT_EQ(plan.folds.passes(), 2);
  // Two sums a column of the array, three products a PE.
  EXPECT_EQ(plan.cycles.drain, 2);
  EXPECT_EQ(plan.cycles.compute, 3);
}

TEST(RowStationary, TheSumsOfManySetsInAColumnOfTheArrayLimitIt) {
  RowStationaryTile tile = small_tile();
  tile.shape.groups = 84;
  // Section 3.3 of the notes on published dataflows: 64 rows hold 21 sets of 3. 16 sets of 4 stand
  // beside each other, so that 6 of them in a column do for 84 groups: 6 sums every 3 products.
  const RowStationaryPlan plan = plan_row_stationary({64, 64}, {}, tile, {}, {});
  EXPECT_EQ(plan.folds.pairs, 84);
  EXPECT_EQ(plan.folds.sets_above, 6);
  EXPECT_EQ(plan.cycles.next_step(), 6);
}

TEST(RowStationary, StackedChannelsSumOnTheirWayDown) {
  RowStationaryTile tile = small_tile();
  tile.shape.k = 9 * 5;
  // 7 rows hold two sets of 3: with three channels each in two sets, one pass has all five.
  const RowStationaryPlan plan = plan_row_stationary({7, 4}, {}, tile, {}, {});
  EXPECT_EQ(plan.folds.stacked, 2);
  EXPECT_EQ(plan.folds.channels, 3);
  EXPECT_EQ(plan.folds.passes(), 1);
  EXPECT_EQ(plan.cycles.drain, 1);
}

TEST(RowStationary, FiltersOfTheNextPassHideBehindAPassOfTheirLength) {
  // On 3 x 4 a pass is 5 columns of 3 cycles, 15. Two images in two passes; each loads 9 weights.
  RowStationaryTile tile = small_tile();
  tile.window.images = 2;
  tile.shape.m = 40;
  const ArrayShape array{3, 4};
  const auto done = [&](std::int64_t bits) {
    // One byte a cycle.
    const OperandBits all{8, bits, 32};
    return SystolicPipeline(array)
        .issue(0, tile, plan_row_stationary(array, {}, tile, all, {0, 1, 0}))
        .done;
  };
  // 9 weights of 13 bits: 15 cycles; passes begin in 15 and 30, the last column in 30 + 12, then
  // 3 products, a sum, 3 rows.
  EXPECT_EQ(done(13), 49);
  // 9 weights of 14 bits: 16 cycles; 16, 32, 44.
  EXPECT_EQ(done(14), 51);
}

TEST(RowStationary, ATileThatArrivesInTimeLosesNoCycleAndOneCycleLaterLosesOne) {
  const ArrayShape array{3, 4};
  const RowStationaryTile tile = small_tile();
  const RowStationaryPlan plan = plan_row_stationary(array, {}, tile, {}, {});
  for (const Cycle late : {0, 1, 7}) {
    SystolicPipeline pipeline(array);
    EXPECT_EQ(pipeline.issue(0, tile, plan).done, 20);
    // Its first column starts in 16, three cycles behind the last of the tile before; what it needs
    // arrives in one cycle, 15.
    EXPECT_EQ(pipeline.issue(15 + late, tile, plan).done, 35 + late);
  }
}

TEST(RowStationary, AChangeOfTheKindOfDataflowWaitsForTheArrayToBeEmpty) {
  const ArrayShape array{3, 4};
  const RowStationaryTile tile = small_tile();
  const RowStationaryPlan plan = plan_row_stationary(array, {}, tile, {}, {});
  SystolicPipeline pipeline(array);
  EXPECT_EQ(pipeline.issue(0, tile, plan).done, 20);
  // ws, k 3, m 2, n 4: 3 + 2 + 3 + 4 - 1 = 11 cycles from cycle 20 on.
  const TileTiming ws = pipeline.issue(0, Dataflow::kWeightStationary, {2, 4, 3});
  EXPECT_EQ(ws.start, 20);
  EXPECT_EQ(ws.done, 31);
  const TileTiming again = pipeline.issue(0, tile, plan);
  EXPECT_EQ(again.start, 31);
  EXPECT_EQ(again.done, 51);
}

TEST(RowStationary, DistinctPositionsAreCountedOneByOne) {
  for (std::int64_t outputs = 1; outputs <= 9; ++outputs) {
    for (std::int64_t taps = 1; taps <= 7; ++taps) {
      for (std::int64_t stride = 1; stride <= 6; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 6; ++dilation) {
          std::set<std::int64_t> positions;
          for (std::int64_t o = 0; o < outputs; ++o) {
            for (std::int64_t t = 0; t < taps; ++t) {
              positions.insert(o * stride + t * dilation);
            }
          }
          EXPECT_EQ(distinct_positions(outputs, taps, stride, dilation),
                    static_cast<std::int64_t>(positions.size()))
              << outputs << " " << taps << " " << stride << " " << dilation;
        }
      }
    }
  }
}

// All that the files hold against what the plan chose among fewer.
TEST(RowStationary, PlansAreWithinATenthOfTheBestInterleaving) {
  base::Random random(6);
  int equal = 0;
  constexpr int kPlans = 400;
  for (int i = 0; i < kPlans; ++i) {
    const ArrayShape array{random.integer(1, 40), random.integer(1, 40)};
    const RegisterFiles files;
    const RowStationaryTile tile = random_tile(random, {.size = 40});
    const PortWidths widths{random.integer(1, 64), random.integer(1, 64), 0};
    const RowStationaryPlan plan = plan_row_stationary(array, files, tile, {}, widths);
    const Cycle chosen = plan.folds.passes() * plan.cycles.period();
    Cycle best = chosen;
    const std::int64_t taps = plan.folds.filter_columns;
    for (std::int64_t q = 1; q <= std::min(tile.channels(), files.inputs / taps); ++q) {
      for (std::int64_t p = 1;
           p <= std::min({tile.shape.n, files.partial_sums, files.filters / (taps * q)}); ++p) {
        const RowStationaryFolds folds = row_stationary_folds(array, files, tile, p, q);
        best = std::min(best,
                        folds.passes() * row_stationary_cycles(tile, folds, {}, widths).period());
      }
    }
    equal += chosen == best ? 1 : 0;
    EXPECT_LE(chosen * 10, best * 11) << i;
  }
  std::printf("%d of %d plans are the best there is\n", equal, kPlans);
  EXPECT_GT(equal, kPlans * 19 / 20);
}

TEST(RowStationary, WindowsThatAreNotTheTilesAreOurMistake) {
  RowStationaryTile tile = small_tile();
  tile.shape.m = 21;
  EXPECT_THROW((void)alone({3, 4}, tile), base::InternalError);
  tile = small_tile();
  tile.shape.k = 10;
  EXPECT_THROW((void)alone({3, 4}, tile), base::InternalError);
  tile = small_tile();
  tile.window.stride_h = 0;
  EXPECT_THROW((void)alone({3, 4}, tile), base::InternalError);
  EXPECT_THROW((void)row_stationary_folds({3, 4}, {}, small_tile(), 1, 5), base::InternalError);
}

}  // namespace
}  // namespace orrery::timing
