// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/fusion.h"

#include <gmock/gmock.h>

#include "workload/graph_builder.h"

namespace orrery::lowering {
namespace {

using ::testing::ElementsAre;
using workload::Elementwise;
using workload::ElementwiseKind;
using workload::Graph;
using workload::GraphBuilder;
using workload::TensorId;

std::vector<std::string> names(const std::vector<LayerGroup>& groups) {
  std::vector<std::string> result;
  for (const LayerGroup& group : groups) {
    result.push_back(group.name);
  }
  return result;
}

TensorId elementwise(GraphBuilder& builder, const std::string& name, ElementwiseKind kind,
                     const std::vector<TensorId>& inputs) {
  return builder.apply(name, Elementwise{kind}, inputs, {});
}

TEST(Fusion, JoinsAChainOfElementwiseOperatorsToTheProductBeforeIt) {
  GraphBuilder builder("chain", {});
  const TensorId x = builder.input("x", {4, 8}, {});
  TensorId y = builder.linear("fc", x, 8, true, {});
  y = elementwise(builder, "relu", ElementwiseKind::kRelu, {y});
  elementwise(builder, "add", ElementwiseKind::kAdd, {x, y});
  const Graph graph = builder.finish();
  EXPECT_THAT(names(fuse(graph, true)), ElementsAre("fc+relu+add"));
  EXPECT_THAT(names(fuse(graph, false)), ElementsAre("fc", "relu", "add"));
}

TEST(Fusion, LeavesATensorThatSomeoneElseReads) {
  GraphBuilder builder("shared", {});
  const TensorId x = builder.input("x", {4, 8}, {});
  const TensorId y = builder.linear("fc", x, 8, true, {});
  elementwise(builder, "relu", ElementwiseKind::kRelu, {y});
  elementwise(builder, "gelu", ElementwiseKind::kGelu, {y});
  EXPECT_THAT(names(fuse(builder.finish(), true)), ElementsAre("fc", "relu", "gelu"));
}

TEST(Fusion, JoinsAnAdditionToTheLaterOfItsTwoProducts) {
  GraphBuilder builder("residual", {});
  const TensorId x = builder.input("x", {4, 8}, {});
  const TensorId main = builder.linear("main", x, 8, false, {});
  const TensorId shortcut = builder.linear("shortcut", x, 8, false, {});
  elementwise(builder, "add", ElementwiseKind::kAdd, {main, shortcut});
  EXPECT_THAT(names(fuse(builder.finish(), true)), ElementsAre("main", "shortcut+add"));
}

TEST(Fusion, DoesNotJoinATensorAddedToItself) {
  GraphBuilder builder("twice", {});
  const TensorId x = builder.input("x", {4, 8}, {});
  const TensorId y = builder.linear("fc", x, 8, false, {});
  elementwise(builder, "double", ElementwiseKind::kAdd, {y, y});
  EXPECT_THAT(names(fuse(builder.finish(), true)), ElementsAre("fc", "double"));
}

TEST(Fusion, DoesNotJoinToOperatorsWithoutAProduct) {
  GraphBuilder builder("softmax", {});
  const TensorId x = builder.input("x", {4, 8}, {});
  const TensorId y = builder.apply("softmax", workload::Softmax{}, {x}, {});
  elementwise(builder, "relu", ElementwiseKind::kRelu, {y});
  EXPECT_THAT(names(fuse(builder.finish(), true)), ElementsAre("softmax", "relu"));
}

}  // namespace
}  // namespace orrery::lowering
