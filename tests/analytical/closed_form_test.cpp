// SPDX-License-Identifier: Apache-2.0
#include "analytical/closed_form.h"

#include <gtest/gtest.h>

#include "timing/systolic_timing.h"

namespace orrery::analytical {
namespace {

using lowering::ExecutionConfig;
using workload::MatrixStorage;
using workload::Product;

MatrixStorage bytes(std::int64_t count) {
  return {1, count, 8, 8};
}

// 4 x 3 x 2 products a step of two cycles.
ArrayForm array(std::size_t instances = 1) {
  ArrayForm form;
  form.instances.assign(instances, "array");
  form.step = {4, 3, 2};
  form.step_cycles = [](const Product&) { return base::Cycle{2}; };
  form.filled_cycles = [](const Product&) { return base::Cycle{1000}; };
  return form;
}

Product product(std::int64_t m, std::int64_t n, std::int64_t k) {
  Product result;
  result.m = m;
  result.n = n;
  result.k = k;
  return result;
}

ExecutionConfig analytical() {
  ExecutionConfig execution;
  execution.kind = lowering::Fidelity::kAnalytical;
  return execution;
}

TEST(ClosedForm, AStepMoreBeginsOneElementBehindWholeSteps) {
  // ceil(8 / 4) ceil(9 / 3) ceil(10 / 2) = 2 x 3 x 5 steps of 2 cycles; one more of m, n or k adds
  // 15, 10 or 6 steps.
  const auto cycles = [](std::int64_t m, std::int64_t n, std::int64_t k) {
    return estimate(product(m, n, k), array(), 0, analytical()).compute_cycles;
  };
  EXPECT_EQ(cycles(8, 9, 10), 60);
  EXPECT_EQ(cycles(9, 9, 10), 90);
  EXPECT_EQ(cycles(8, 10, 10), 80);
  EXPECT_EQ(cycles(8, 9, 11), 72);
}

TEST(ClosedForm, SeveralArraysShareTheStepsOfAProduct) {
  // 30 steps on 4 arrays: 8 of 2 cycles.
  EXPECT_EQ(estimate(product(8, 9, 10), array(4), 0, analytical()).compute_cycles, 16);
}

TEST(ClosedForm, FillAndDrainAreThoseOfTheArray) {
  ExecutionConfig execution = analytical();
  execution.fill_and_drain = true;
  EXPECT_EQ(estimate(product(8, 9, 10), array(), 0, execution).compute_cycles, 1000);
}

TEST(ClosedForm, MemoryTakesItsBytesAtThePeakInWholeCycles) {
  Product moved;
  moved.inputs = bytes(100);
  moved.weights = bytes(200);
  moved.outputs = bytes(20);
  ExecutionConfig execution = analytical();
  // 320 bytes at 32 a cycle, and a byte more.
  EXPECT_EQ(estimate(moved, array(), 32, execution).memory_cycles, 10);
  moved.outputs = bytes(21);
  EXPECT_EQ(estimate(moved, array(), 32, execution).memory_cycles, 11);
  execution.memory_cycles = lowering::Rounding::kDown;
  EXPECT_EQ(estimate(moved, array(), 32, execution).memory_cycles, 10);
  // 321 bytes at 5/2 a cycle: 128.4 cycles.
  EXPECT_EQ(estimate(moved, array(), {5, 2}, execution).memory_cycles, 128);
  const Estimate result = estimate(moved, array(), 32, execution);
  EXPECT_EQ(result.bytes_read, 300);
  EXPECT_EQ(result.bytes_written, 21);
}

TEST(ClosedForm, AnOperatorTakesTheLongerOrTheSum) {
  Product one = product(8, 9, 10);  // 60 cycles
  ExecutionConfig execution = analytical();
  for (const std::int64_t moved : {59, 60, 61}) {
    one.inputs = bytes(moved);
    execution.overlap = lowering::Overlap::kComputeAndMemory;
    EXPECT_EQ(estimate(one, array(), 1, execution).cycles, std::max<std::int64_t>(60, moved));
    execution.overlap = lowering::Overlap::kNone;
    EXPECT_EQ(estimate(one, array(), 1, execution).cycles, 60 + moved);
  }
}

TEST(ClosedForm, OperandsAreReadAgainOnlyWhereBothAreTooLarge) {
  ExecutionConfig execution = analytical();
  execution.refetch = ExecutionConfig::Refetch{{100}, {50}};
  const auto fetches = [&](std::int64_t inputs, std::int64_t weights) {
    Product one;
    one.inputs = bytes(inputs);
    one.weights = bytes(weights);
    const Estimate result = estimate(one, array(), 1, execution);
    EXPECT_EQ(result.bytes_read, inputs * result.input_fetches + weights * result.weight_fetches);
    return std::pair(result.input_fetches, result.weight_fetches);
  };
  using Fetches = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(fetches(50, 1000), Fetches(1, 1));
  EXPECT_EQ(fetches(1000, 100), Fetches(1, 1));
  // Inputs ceil(101 / 100) = 2 times: 101 + 2 x 51 = 203; weights ceil(51 / 50) = 2 times:
  // 51 + 2 x 101 = 253.
  EXPECT_EQ(fetches(51, 101), Fetches(2, 1));
  // 101 + 2 x 300 = 701; 300 + 6 x 101 = 906.
  EXPECT_EQ(fetches(300, 101), Fetches(2, 1));
  // 1000 + 10 x 60 = 1600; 60 + 2 x 1000 = 2060.
  EXPECT_EQ(fetches(60, 1000), Fetches(10, 1));
  // 200 + 2 x 1000 = 2200; 1000 + 20 x 200 = 5000. With buffers the other way round, 50 and 100:
  execution.refetch = ExecutionConfig::Refetch{{50}, {100}};
  // 200 + 4 x 150 = 800; 150 + 2 x 200 = 550.
  EXPECT_EQ(fetches(150, 200), Fetches(1, 2));
  // The same either way, 101 + 3 x 101 = 404: inputs.
  execution.refetch = ExecutionConfig::Refetch{{50}, {50}};
  EXPECT_EQ(fetches(101, 101), Fetches(3, 1));
}

TEST(ClosedForm, OtherOperatorsAreMemoryBoundOrFree) {
  Product other;
  other.inputs = bytes(64);
  other.outputs = bytes(64);
  ExecutionConfig execution = analytical();
  EXPECT_EQ(estimate(other, array(), 16, execution).cycles, 8);
  execution.other_operators = lowering::OtherOperators::kFree;
  const Estimate result = estimate(other, array(), 16, execution);
  EXPECT_EQ(result.cycles, 0);
  EXPECT_EQ(result.bytes_read + result.bytes_written, 0);
}

TEST(ClosedForm, RowsOfAFractionOfBitsFillWholeBytesAndWords) {
  // 7 elements of 49/16 bits are 21.4375 bits: 3 bytes; with 97/16 bits in a buffer 42.4, a word.
  const MatrixStorage matrix{10, 7, {49, 16}, {97, 16}};
  EXPECT_EQ(matrix.bytes(), 30);
  EXPECT_EQ(matrix.words(64), 10);
  // 11 x 97/16 = 66.7 bits: two words.
  EXPECT_EQ((MatrixStorage{10, 11, {49, 16}, {97, 16}}).words(64), 20);
}

}  // namespace
}  // namespace orrery::analytical
