// SPDX-License-Identifier: Apache-2.0
// Bytes between the tiers and the scratchpad, by the formulas of docs/lowering.md. All tensors are
// fp16, two bytes an element.
#include <gtest/gtest.h>

#include "lowering/lowering.h"
#include "tests/functional/trial.h"
#include "workload/graph_builder.h"

namespace orrery::testing {
namespace {

using namespace orrery::workload;

struct Traffic {
  std::int64_t read = 0;
  std::int64_t written = 0;
  std::size_t layers = 0;
  bool operator==(const Traffic&) const = default;
};

Traffic traffic(GraphBuilder& builder, const SmallMachine& machine,
                const lowering::MappingConfig& mapping = {}) {
  lowering::LoweredStream stream(
      lowering::make_plan(builder.finish(), machine.machine(), mapping, 0));
  Traffic result;
  result.layers = stream.header().layers.size();
  for (const command::Command& command : drain(stream)) {
    if (const auto* move = std::get_if<command::Move>(&command.body)) {
      const bool reads = move->source.space.kind == command::SpaceKind::kTier;
      (reads ? result.read : result.written) += move->bytes();
    }
  }
  return result;
}

Traffic softmax(lowering::SoftmaxForm form, std::int64_t scratchpad) {
  GraphBuilder builder("softmax", {});
  builder.apply("y", Softmax{}, {builder.input("x", {2, 1000}, {})}, {});
  SmallMachine machine;
  machine.scratchpad = scratchpad;
  lowering::MappingConfig mapping;
  mapping.softmax = form;
  return traffic(builder, machine, mapping);
}

// N = M = 2 rows of 2,000 bytes, of which a row in and out does not fit 2,048 bytes.
TEST(VectorTraffic, OfSoftmaxOverLongRowsIsThatOfItsForm) {
  const std::int64_t n = 4000;
  EXPECT_EQ(softmax(lowering::SoftmaxForm::kThreePass, 2048), (Traffic{3 * n, n, 1}));
  EXPECT_EQ(softmax(lowering::SoftmaxForm::kTwoPass, 2048), (Traffic{2 * n, n, 1}));
  EXPECT_EQ(softmax(lowering::SoftmaxForm::kOnline, 2048), (Traffic{2 * n, n, 1}));
}

TEST(VectorTraffic, OfSoftmaxIsOnePassWhereARowFits) {
  EXPECT_EQ(softmax(lowering::SoftmaxForm::kThreePass, 1 << 16), (Traffic{4000, 4000, 1}));
}

// x and y of 24 elements; the view between them makes neither a layer nor a byte.
TEST(VectorTraffic, OfAViewIsNothing) {
  GraphBuilder builder("view", {});
  const TensorId x = builder.input("x", {4, 6}, {});
  const TensorId flat = builder.apply("flat", Reshape{{2, 12}}, {x}, {});
  builder.apply("y", Elementwise{ElementwiseKind::kRelu}, {flat}, {});
  EXPECT_EQ(traffic(builder, {}), (Traffic{48, 48, 1}));
}

TEST(VectorTraffic, OfPermutedAndJoinedTensorsIsEachElementOnce) {
  GraphBuilder transpose("transpose", {});
  transpose.apply("y", Transpose{{1, 0}}, {transpose.input("x", {30, 50}, {})}, {});
  EXPECT_EQ(traffic(transpose, {}), (Traffic{3000, 3000, 1}));  // 2 * 30 * 50
  GraphBuilder join("join", {});
  const TensorId a = join.input("a", {3, 5}, {});
  join.apply("y", Concatenation{1}, {a, join.input("b", {3, 7}, {})}, {});
  EXPECT_EQ(traffic(join, {}), (Traffic{72, 72, 1}));  // 2 * 3 * 12
}

TEST(VectorTraffic, OfARepeatedOperandIsOnceWhereItsBuffersHoldIt) {
  GraphBuilder builder("broadcast", {});
  const TensorId a = builder.input("a", {50, 8}, {});
  builder.apply("y", Elementwise{ElementwiseKind::kDivide}, {a, builder.input("b", {8}, {})}, {});
  EXPECT_EQ(traffic(builder, {}), (Traffic{816, 800, 1}));  // 2 * (50 * 8 + 8), 2 * 50 * 8
}

TEST(VectorTraffic, OfAReductionReadsEachElementOnceHoweverLongTheRow) {
  GraphBuilder builder("reduction", {});
  builder.apply("y", Reduction{ReductionKind::kMean, {1}, false},
                {builder.input("x", {3, 1000}, {})}, {});
  SmallMachine machine;
  machine.scratchpad = 1024;
  EXPECT_EQ(traffic(builder, machine), (Traffic{6000, 6, 1}));
}

TEST(VectorTraffic, OfGatherAndScatterCountsRows) {
  GraphBuilder gather("gather", {});
  gather.apply("y", Gather{0, {}, 5}, {gather.input("x", {10, 4}, {})}, {});
  EXPECT_EQ(traffic(gather, {}), (Traffic{40, 40, 1}));  // 5 rows of 8 bytes
  const auto scatter = [](bool accumulate) {
    GraphBuilder builder("scatter", {});
    const TensorId x = builder.input("x", {10, 4}, {});
    const TensorId updates = builder.input("updates", {3, 4}, {});
    builder.apply("y", Scatter{accumulate, {2, 2, 7}}, {x, updates}, {});
    return traffic(builder, {});
  };
  EXPECT_EQ(scatter(false), (Traffic{80, 80, 1}));  // 8 rows of x, the last updates of 2 and 7
  EXPECT_EQ(scatter(true), (Traffic{104, 80, 1}));  // all of x and 3 updates
}

// S = 2 heads * 3 * 4 elements = 48 bytes whatever the length. A token has 12 bytes of query, 12 of
// key, 4 of decay, 16 of value and of output.
TEST(VectorTraffic, OfARecurrenceMovesItsStateOnceWhateverTheLength) {
  const auto recurrence = [](std::int64_t tokens, bool from_zero) {
    GraphBuilder builder("recurrence", {});
    const TensorId q = builder.input("q", {1, tokens, 6}, {});
    const TensorId k = builder.input("k", {1, tokens, 6}, {});
    const TensorId v = builder.input("v", {1, tokens, 8}, {});
    const TensorId decay = builder.input("decay", {1, tokens, 2}, {});
    builder.linear_recurrence("y", {q, k, v, decay}, {2, 3, 4, tokens, from_zero}, {});
    return traffic(builder, {});
  };
  EXPECT_EQ(recurrence(1, false), (Traffic{48 + 44, 48 + 16, 1}));
  EXPECT_EQ(recurrence(100, false), (Traffic{48 + 4400, 48 + 1600, 1}));
  EXPECT_EQ(recurrence(100, true), (Traffic{4400 - 4, 48 + 1600, 1}));
}

}  // namespace
}  // namespace orrery::testing
