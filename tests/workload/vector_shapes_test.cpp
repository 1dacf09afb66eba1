// SPDX-License-Identifier: Apache-2.0
#include "workload/vector_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "workload/graph_builder.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

using ::testing::Optional;

TEST(BroadcastShape, AlignsAtTheLastDimensionAndRepeatsOnes) {
  EXPECT_THAT(broadcast_shape({4, 1, 6}, {3, 1}), Optional(Shape{4, 3, 6}));
  EXPECT_THAT(broadcast_shape({6}, {4, 3, 6}), Optional(Shape{4, 3, 6}));
  EXPECT_EQ(broadcast_shape({4, 6}, {3}), std::nullopt);
}

TEST(VectorOperators, GiveTheShapesOfTheirDefinitions) {
  GraphBuilder builder("shapes", {});
  const TensorId x = builder.input("x", {2, 3, 4}, {});
  const auto shape = [&](const std::string& name, const Attributes& attributes) {
    return builder.tensor(builder.apply(name, attributes, {x}, {})).shape;
  };
  EXPECT_EQ(shape("sum", Reduction{ReductionKind::kSum, {0, 2}, false}), (Shape{3}));
  EXPECT_EQ(shape("kept", Reduction{ReductionKind::kSum, {0, 2}, true}), (Shape{1, 3, 1}));
  EXPECT_EQ(shape("all", Reduction{ReductionKind::kSum, {0, 1, 2}, false}), (Shape{1}));
  EXPECT_EQ(shape("transpose", Transpose{{2, 0, 1}}), (Shape{4, 2, 3}));
  EXPECT_EQ(shape("pad", Pad{{0, 1, 0}, {1, 1, 0}, 0.0}), (Shape{3, 5, 4}));
  EXPECT_EQ(shape("slice", Slice{{1, 2, 0}, {1, 3, 2}, {1, -1, 3}}), (Shape{1, 3, 2}));
  EXPECT_EQ(shape("gather", Gather{1, {2, 2, 0, 1}, 0}), (Shape{2, 4, 4}));
  EXPECT_EQ(shape("expand", Expand{{5, 2, 3, 4}}), (Shape{5, 2, 3, 4}));
}

TEST(Description, OfAViewHasNoBytesAndOfARecurrenceItsStateTwice) {
  GraphBuilder builder("views", {});
  const TensorId q = builder.input("q", {1, 5, 6}, {});
  const TensorId v = builder.input("v", {1, 5, 8}, {});
  const TensorId y = builder.linear_recurrence("y", {q, q, v, q}, {2, 3, 4, 5, false}, {});
  builder.apply("flat", Reshape{{40}}, {y}, {});
  const GraphDescription description = describe(builder.finish());
  // State of 2 heads of 3 x 4 elements of 2 bytes, read and written.
  EXPECT_EQ(description.operators[0].cache_bytes, 2 * 48);
  EXPECT_EQ(description.resident_cache_bytes, 48);
  EXPECT_EQ(description.operators[1].bytes(), 0);
}

TEST(ViewBases, FollowChainsOfViews) {
  GraphBuilder builder("views", {});
  const TensorId x = builder.input("x", {4, 6}, {});
  const TensorId a = builder.apply("a", Reshape{{24}}, {x}, {});
  const TensorId b = builder.apply("b", Reshape{{2, 12}}, {a}, {});
  const TensorId y = builder.apply("y", Elementwise{ElementwiseKind::kRelu}, {b}, {});
  const std::vector<TensorId> bases = view_bases(builder.finish());
  EXPECT_EQ(bases, (std::vector<TensorId>{x, x, x, y}));
}

}  // namespace
}  // namespace orrery::workload
