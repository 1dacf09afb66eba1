// SPDX-License-Identifier: Apache-2.0
#include "timing/step_array.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tests/timing/reference/step_machine.h"

namespace orrery::timing {
namespace {

using reference::Matrix;
using reference::StepJob;
using reference::StepMachine;
using reference::StepOutcome;
using reference::StepUnit;

// 1 in a third of the cases.
std::int64_t size(base::Random& random, std::int64_t most) {
  return random.integer(0, 2) == 0 ? 1 : random.integer(1, most);
}

StepArrayShape random_array(base::Random& random) {
  return {{size(random, 4), size(random, 5), size(random, 5)},
          random.integer(0, 1) == 0 ? HeldOperand::kA : HeldOperand::kB,
          size(random, 5),
          random.integer(0, 6)};
}

Matrix random_matrix(base::Random& random, std::int64_t rows, std::int64_t cols, std::int64_t low,
                     std::int64_t high) {
  Matrix matrix(rows, cols);
  for (std::int64_t& value : matrix.values) {
    value = random.integer(low, high);
  }
  return matrix;
}

// Weights of 1 to 8 bits, and the cycles that the unit needs for them.
void choose_weights(base::Random& random, StepJob& job) {
  const std::int64_t bits = random.integer(1, 8);
  const std::int64_t most = std::int64_t{1} << (bits - 1);
  const auto& [m, n, k, groups] = job.shape;
  job.unit = static_cast<StepUnit>(random.integer(0, 2));
  job.weight_bits = bits;
  job.b = random_matrix(random, groups * k, n, -most, most - 1);
  switch (job.unit) {
    case StepUnit::kMultiply:
      job.costs.compute = random.integer(1, 6);
      return;
    case StepUnit::kLookUp:
      // Odd numbers between -(2^bits - 1) and 2^bits - 1.
      for (std::int64_t& value : job.b.values) {
        value = 2 * value + 1;
      }
      job.costs.compute = bits;
      return;
    case StepUnit::kBooth:
      job.costs.compute = (bits + 1) / 2;
      return;
  }
}

StepJob random_job(base::Random& random, const StepArrayShape& array, Cycle earliest) {
  StepJob job;
  job.earliest = earliest;
  job.shape = {size(random, 14), size(random, 14), size(random, 20), size(random, 3)};
  const auto& [m, n, k, groups] = job.shape;
  choose_weights(random, job);
  job.a = random_matrix(random, m, groups * k, -9, 9);
  job.costs.a = size(random, 9);
  job.costs.b = size(random, 9);
  job.costs.result = size(random, 9);
  if (random.integer(0, 1) == 0) {
    job.costs.group = array.step.k * size(random, 4);
    job.costs.dequantization = random.integer(0, 9);
  }
  return job;
}

std::string describe(const StepArrayShape& array, const std::vector<StepJob>& jobs) {
  std::string text = fmt::format(
      "step {}x{}x{}, {} held, {} blocks of sums, latency {}", array.step.m, array.step.n,
      array.step.k, array.held == HeldOperand::kA ? "a" : "b", array.sum_blocks, array.latency);
  for (const StepJob& job : jobs) {
    const StepCosts& costs = job.costs;
    text += fmt::format(
        "\n  from {}: {}x{}x{}, {} groups; compute {}, a {}, b {}, result {}, {} of k share a "
        "scale, dequantization {}",
        job.earliest, job.shape.m, job.shape.n, job.shape.k, job.shape.groups, costs.compute,
        costs.a, costs.b, costs.result, costs.group, costs.dequantization);
  }
  return text;
}

void expect_bounds(const StepArrayShape& array, const StepJob& job, const TileTiming& timing) {
  const Cycle cycles = timing.done - timing.start;
  const Cycle moving = array.held == HeldOperand::kA ? job.costs.b : job.costs.a;
  EXPECT_GE(cycles, timing.folds * std::max(job.costs.compute, moving));
  EXPECT_GE(timing.macs_executed, timing.macs_useful);
  EXPECT_EQ(timing.macs_executed, timing.folds * array.step.m * array.step.n * array.step.k);
  // A lone tile: the first blocks, then nothing beyond what the period has, then the pipeline and
  // the last results.
  const TileTiming alone = StepArray(array).issue(0, job.shape, job.costs);
  const Cycle period = step_array_period(array, job.shape, job.costs);
  EXPECT_LE(alone.done, std::max(job.costs.a, job.costs.b) + period + array.latency +
                            array.sum_blocks * (job.costs.dequantization + job.costs.result));
}

// Runs the tiles on the machine and through the closed form; expects equal cycles and right sums.
void expect_array_equals_machine(const StepArrayShape& array, const std::vector<StepJob>& jobs) {
  SCOPED_TRACE(describe(array, jobs));
  StepMachine machine(array, jobs);
  const std::vector<StepOutcome> seen = machine.run();
  ASSERT_EQ(machine.fault(), "");
  StepArray closed(array);
  Cycle busy = 0;
  std::vector<bool> covered;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const StepJob& job = jobs[i];
    const TileTiming timing = closed.issue(job.earliest, job.shape, job.costs);
    EXPECT_EQ(timing.start, seen[i].start);
    EXPECT_EQ(timing.a_free, seen[i].a_free);
    EXPECT_EQ(timing.b_free, seen[i].b_free);
    EXPECT_EQ(timing.done, seen[i].done);
    EXPECT_EQ(timing.folds, seen[i].steps);
    EXPECT_EQ(timing.folds, step_count(array.step, job.shape));
    EXPECT_EQ(timing.a_elements_read, seen[i].a_elements);
    EXPECT_EQ(timing.b_elements_read, seen[i].b_elements);
    EXPECT_EQ(timing.partial_sums_written, seen[i].writes);
    EXPECT_EQ(seen[i].product, naive_product(job.a, job.b, job.shape.groups));
    expect_bounds(array, job, timing);
    busy += timing.busy_cycles;
    covered.resize(std::max(covered.size(), static_cast<std::size_t>(timing.done)));
    std::fill(covered.begin() + timing.start, covered.begin() + timing.done, true);
  }
  EXPECT_EQ(busy, std::count(covered.begin(), covered.end(), true));
}

TEST(StepArray, EqualsTheRegistersOnRandomTiles) {
  base::Random random(61);
  for (int i = 0; i < 1500 && !HasFailure(); ++i) {
    const StepArrayShape array = random_array(random);
    expect_array_equals_machine(array, {random_job(random, array, random.integer(0, 5))});
  }
}

TEST(StepArray, EqualsTheRegistersOnRandomSequencesOfTiles) {
  base::Random random(62);
  for (int i = 0; i < 400 && !HasFailure(); ++i) {
    const StepArrayShape array = random_array(random);
    std::vector<StepJob> jobs;
    Cycle earliest = 0;
    for (std::int64_t count = random.integer(2, 6); count > 0; --count) {
      jobs.push_back(random_job(random, array, earliest));
      earliest += random.integer(0, 1) == 0 ? 0 : random.integer(0, 200);
    }
    expect_array_equals_machine(array, jobs);
  }
}

TEST(StepArray, ATileIsItsFirstBlocksItsStepsAndItsWayOut) {
  // 4 blocks of k, one of m and n: blocks in 0..2, steps at 3, 6, 9, 12 (b's port), the last ends
  // after cycle 13, results in 14, 15, two cycles of pipeline.
  StepArray array({{2, 8, 4}, HeldOperand::kA, 1, 2});
  const TileTiming tile = array.issue(0, {2, 8, 16}, {2, 1, 3, 2, 0, 0});
  EXPECT_EQ(tile.start, 0);
  EXPECT_EQ(tile.folds, 4);
  EXPECT_EQ(tile.b_free, 12);
  EXPECT_EQ(tile.a_free, 10);
  EXPECT_EQ(tile.next_issue, 12);
  EXPECT_EQ(tile.done, 12 + 2 + 2 + 2);
}

TEST(StepArray, ATileThatArrivesInTimeLosesNoCycleAndOneCycleLaterLosesOne) {
  // Compute 5, ports 3: steps at 3, 8; done 13 + 1. The next tile's step begins at 13 if its blocks
  // come from cycle 10 on.
  for (const Cycle late : {0, 1, 7}) {
    StepArray array({{1, 1, 1}, HeldOperand::kA, 1, 0});
    EXPECT_EQ(array.issue(0, {1, 1, 2}, {5, 3, 3, 1, 0, 0}).done, 14);
    EXPECT_EQ(array.issue(10 + late, {1, 1, 2}, {5, 3, 3, 1, 0, 0}).done, 24 + late);
  }
}

TEST(StepArray, APortThatIsOneByteTooNarrowCostsACycleAStep) {
  // 2 x 4 elements of 16 bits are 16 bytes.
  EXPECT_EQ(port_cycles(2 * 4 * 16, 16), 1);
  EXPECT_EQ(port_cycles(2 * 4 * 16, 15), 2);
  EXPECT_EQ(port_cycles(2 * 4 * 16, 8), 2);
  EXPECT_EQ(port_cycles(2 * 4 * 16, 7), 3);
  EXPECT_EQ(port_cycles(2 * 4 * 16, 0), 1);
}

// Cycles of a lone tile less those of one that needs no dequantization.
Cycle exposed(const StepArrayShape& array, const TileShape& tile, StepCosts costs) {
  const Cycle with = StepArray(array).issue(0, tile, costs).done;
  costs.dequantization = 0;
  return with - StepArray(array).issue(0, tile, costs).done;
}

TEST(StepArray, DequantizationIsHiddenBehindAGroupThatIsAsLongAndExposedOneCycleLater) {
  // BitMoD's PE: 4 elements a step, 2 cycles each, groups of 128: 64 cycles. 1024 of k are eight
  // groups; what the last one needs stands at the end.
  const StepArrayShape array{{1, 1, 4}, HeldOperand::kA, 1, 4};
  const TileShape tile{1, 1, 1024};
  EXPECT_EQ(exposed(array, tile, {2, 1, 1, 1, 128, 8}), 8);
  EXPECT_EQ(exposed(array, tile, {2, 1, 1, 1, 128, 64}), 64);
  // Seven captures wait for 1 cycle more each.
  EXPECT_EQ(exposed(array, tile, {2, 1, 1, 1, 128, 65}), 65 + 7);
  // Groups of 16 take 8 cycles: 64 groups.
  EXPECT_EQ(exposed(array, tile, {2, 1, 1, 1, 16, 8}), 8);
  EXPECT_EQ(exposed(array, tile, {2, 1, 1, 1, 16, 9}), 9 + 63);
}

TEST(StepArray, BlocksOfSumsReuseTheHeldOperand) {
  // A table that takes 8 cycles of its port serves 1, 2, 8 steps of one cycle.
  const TileShape tile{2, 8 * 64, 400};
  const auto cycles = [&](std::int64_t sum_blocks) {
    StepArray array({{2, 64, 4}, HeldOperand::kA, sum_blocks, 0});
    return array.issue(0, tile, {1, 8, 1, 1, 0, 0});
  };
  // 8 blocks of n, 100 of k: a table a step; one for two steps; for eight.
  EXPECT_EQ(cycles(1).done, 8 + 799 * 8 + 1 + 1);
  EXPECT_EQ(cycles(2).done, 8 + 3 * 800 + 99 * 8 + 1 + 1 + 2);
  EXPECT_EQ(cycles(8).done, 8 + 99 * 8 + 7 + 1 + 8);
  EXPECT_EQ(cycles(1).a_elements_read, 8 * 2 * 400);
  EXPECT_EQ(cycles(2).a_elements_read, 4 * 2 * 400);
  EXPECT_EQ(cycles(8).a_elements_read, 2 * 400);
  EXPECT_EQ(cycles(8).b_elements_read, 512 * 400);
}

TEST(StepArray, OneGroupAloneTakesItsClosedForm) {
  base::Random random(64);
  for (int i = 0; i < 300; ++i) {
    const StepArrayShape array = random_array(random);
    StepJob job = random_job(random, array, 0);
    const std::int64_t s = random.integer(1, array.sum_blocks);
    const std::int64_t b = random.integer(1, 6);
    const bool a_held = array.held == HeldOperand::kA;
    job.shape = {a_held ? 1 : s * array.step.m, a_held ? s * array.step.n : 1, b * array.step.k};
    job.costs.group = b * array.step.k;
    SCOPED_TRACE(describe(array, {job}));
    const StepCosts& costs = job.costs;
    const Cycle held = a_held ? costs.a : costs.b;
    const Cycle moving = a_held ? costs.b : costs.a;
    const Cycle interval = std::max(costs.compute, moving);
    EXPECT_EQ(StepArray(array).issue(0, job.shape, costs).done,
              std::max(held, moving) + (b - 1) * std::max(s * interval, held) + (s - 1) * interval +
                  costs.compute + s * (costs.dequantization + costs.result) + array.latency);
  }
}

TEST(StepArray, CopiesSideBySideAreALargerStep) {
  // 1x, 2x, 4x, 8x of m2n64k4 along n on 4096 columns: steps halve each time.
  for (const std::int64_t copies : {1, 2, 4, 8}) {
    EXPECT_EQ(step_count({2, 64 * copies, 4}, {2, 4096, 4096}), 64 / copies * 1024);
  }
}

TEST(StepArray, EqualTilesFollowEachOtherAtTheirPeriodWhereComputeLimits) {
  base::Random random(63);
  for (int i = 0; i < 200; ++i) {
    const StepArrayShape array = random_array(random);
    StepJob job = random_job(random, array, 0);
    job.costs.a = 1;
    job.costs.b = 1;
    SCOPED_TRACE(describe(array, {job}));
    StepArray closed(array);
    std::vector<Cycle> done;
    for (int tile = 0; tile < 40; ++tile) {
      done.push_back(closed.issue(0, job.shape, job.costs).done);
    }
    const Cycle period = step_array_period(array, job.shape, job.costs);
    EXPECT_EQ(done[39] - done[20], 19 * period);
  }
}

TEST(StepArray, ALargeTileCostsNoMoreThanItsClosedForm) {
  // 2^20 passes of 2^18 groups: walked, this would not end.
  const StepArrayShape array{{2, 64, 4}, HeldOperand::kA, 1, 3};
  const TileShape tile{1 << 11, 1 << 16, 1 << 20};
  const TileTiming timing = StepArray(array).issue(0, tile, {1, 1, 1, 1, 4, 1});
  const std::int64_t steps = step_count(array.step, tile);
  EXPECT_EQ(steps, std::int64_t{1} << (10 + 10 + 18));
  // Each pass ends with a result's cycle behind its dequantization: 2 cycles for a step of one.
  const std::int64_t passes = std::int64_t{1} << 20;
  EXPECT_EQ(step_array_period(array, tile, {1, 1, 1, 1, 4, 1}), steps + passes);
  EXPECT_EQ(timing.done, 1 + steps + passes + 1 + 3);
}

TEST(StepArray, WhatHasNoMeaningIsRefused) {
  StepArray array({{2, 8, 4}, HeldOperand::kA, 1, 0});
  EXPECT_THROW((void)array.issue(0, {0, 1, 1}, {}), base::InternalError);
  EXPECT_THROW((void)array.issue(0, {1, 1, 1}, {0, 1, 1, 1, 0, 0}), base::InternalError);
  EXPECT_THROW((void)array.issue(0, {1, 1, 1}, {1, 1, 1, 1, 6, 0}), base::InternalError);
  EXPECT_THROW((void)array.issue(-1, {1, 1, 1}, {}), base::InternalError);
  EXPECT_THROW((void)array.issue(std::int64_t{1} << 62, {1, 1, 1}, {}), base::InternalError);
  EXPECT_THROW((void)port_cycles(0, 8), base::InternalError);
  EXPECT_THROW(StepArray({{2, 0, 4}, HeldOperand::kA, 1, 0}), base::InternalError);
  EXPECT_THROW(StepArray({{2, 1, 4}, HeldOperand::kA, 0, 0}), base::InternalError);
}

}  // namespace
}  // namespace orrery::timing
