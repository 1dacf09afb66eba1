// SPDX-License-Identifier: Apache-2.0
#include "workload/shape_inference.h"

#include <gtest/gtest.h>

#include <deque>

namespace orrery::workload {
namespace {

InferredShape infer(const Attributes& attributes, const std::vector<Shape>& shapes,
                    const Shape& tokens = {}) {
  std::deque<Tensor> tensors;
  std::vector<const Tensor*> inputs;
  for (const Shape& shape : shapes) {
    tensors.push_back({"t" + std::to_string(tensors.size()), shape});
    inputs.push_back(&tensors.back());
  }
  return infer_shape(attributes, inputs, tokens);
}

TEST(ShapeOfAConvolution, FollowsStridePaddingAndDilation) {
  // (7 + 1 + 2 - 3) / 2 + 1 = 4 rows; a kernel of 2 taps at distance 3 spans 4: (9 - 4) / 1 + 1
  // = 6.
  const Convolution attributes{.stride_h = 2, .pad_top = 1, .pad_bottom = 2, .dilation_w = 3};
  EXPECT_EQ(infer(attributes, {{2, 7, 9, 5}, {3, 2, 5, 8}, {8}}).shape, (Shape{2, 4, 6, 8}));
}

TEST(ShapeOfAConvolution, NeedsAKernelThatFits) {
  EXPECT_EQ(infer(Convolution{}, {{1, 5, 5, 1}, {5, 5, 1, 2}}).shape, (Shape{1, 1, 1, 2}));
  EXPECT_FALSE(infer(Convolution{}, {{1, 5, 5, 1}, {6, 5, 1, 2}}).shape);
  // Dilation 2 spans 2 * 2 + 1 = 5 with three taps, 3 * 2 + 1 = 7 with four.
  EXPECT_TRUE(infer(Convolution{.dilation_h = 2}, {{1, 5, 5, 1}, {3, 5, 1, 2}}).shape);
  EXPECT_FALSE(infer(Convolution{.dilation_h = 2}, {{1, 5, 5, 1}, {4, 5, 1, 2}}).shape);
}

TEST(ShapeOfAConvolution, NeedsMatchingChannelsAndBias) {
  EXPECT_EQ(infer(Convolution{}, {{1, 5, 5, 3}, {1, 1, 4, 2}}).expected, "a weight [KH, KW, 3, F]");
  EXPECT_EQ(infer(Convolution{}, {{1, 5, 5, 3}, {1, 1, 3, 2}, {3}}).expected, "a bias [2]");
}

TEST(ShapeOfAConvolution, DividesChannelsAndFiltersByTheGroups) {
  const Convolution groups{.groups = 3};
  EXPECT_EQ(infer(groups, {{1, 5, 5, 6}, {1, 1, 2, 9}}).shape, (Shape{1, 5, 5, 9}));
  EXPECT_EQ(infer(groups, {{1, 5, 5, 6}, {1, 1, 6, 9}}).expected, "a weight [KH, KW, 2, F]");
  EXPECT_EQ(infer(groups, {{1, 5, 5, 7}, {1, 1, 2, 9}}).message, "3 groups share 7 channels");
  EXPECT_EQ(infer(groups, {{1, 5, 5, 6}, {1, 1, 2, 8}}).message, "3 groups share 8 filters");
}

TEST(ShapeOfAConvolution, TakesThreeDimensionsForAnImageOfHeightOne) {
  EXPECT_EQ(infer(Convolution{.stride_w = 2}, {{2, 9, 3}, {1, 4, 3, 5}}).shape, (Shape{2, 3, 5}));
  EXPECT_EQ(infer(Convolution{}, {{2, 9, 3}, {2, 4, 3, 5}}).expected, "a weight [1, KW, 3, F]");
}

TEST(ShapeOfATransposedConvolution, IsThatOfTheImageWhoseConvolutionGivesTheInput) {
  // (4 - 1) * 2 + (3 - 1) * 2 + 1 - 1 - 1 + 1 = 10 rows, (5 - 1) * 1 + 3 = 7 columns.
  const TransposedConvolution attributes{
      .stride_h = 2, .pad_top = 1, .pad_bottom = 1, .dilation_h = 2, .output_padding_h = 1};
  EXPECT_EQ(infer(attributes, {{1, 4, 5, 2}, {3, 3, 2, 6}}).shape, (Shape{1, 10, 7, 6}));
  EXPECT_EQ(
      infer(TransposedConvolution{.output_padding_h = 1}, {{1, 4, 5, 2}, {3, 3, 2, 6}}).expected,
      "less output padding");
  EXPECT_EQ(
      infer(TransposedConvolution{.pad_top = 2, .pad_bottom = 1}, {{1, 1, 1, 2}, {3, 3, 2, 6}})
          .message,
      "padding cuts all 3 x 3 positions of the output away");
}

TEST(ShapeOfAProduct, BroadcastsTheLeadingDimensions) {
  const MatrixMultiplication plain;
  EXPECT_EQ(infer(plain, {{2, 1, 4, 5}, {3, 5, 7}}).shape, (Shape{2, 3, 4, 7}));
  EXPECT_EQ(infer(plain, {{4, 5}, {2, 3, 5, 7}}).shape, (Shape{2, 3, 4, 7}));
  EXPECT_EQ(infer(plain, {{5}, {2, 5, 7}}).shape, (Shape{2, 7}));
  EXPECT_EQ(infer(MatrixMultiplication{true, true}, {{2, 5, 4}, {2, 7, 5}}).shape,
            (Shape{2, 4, 7}));
  EXPECT_EQ(infer(plain, {{2, 4, 5}, {3, 5, 7}}).expected,
            "matrices [5, N], behind dimensions that are 1 or those of 't0' [2, 4, 5]");
  EXPECT_FALSE(infer(MatrixMultiplication{false, true}, {{5}, {5, 7}}).shape);
}

TEST(ShapeOfAProduct, KeepsTheLeadingDimensions) {
  EXPECT_EQ(infer(MatrixMultiplication{}, {{2, 3, 5}, {5, 7}}).shape, (Shape{2, 3, 7}));
  EXPECT_EQ(infer(MatrixMultiplication{}, {{5}, {5, 7}}).shape, (Shape{7}));
  EXPECT_EQ(infer(MatrixMultiplication{true}, {{2, 3, 5}, {7, 5}, {7}}).shape, (Shape{2, 3, 7}));
  EXPECT_FALSE(infer(MatrixMultiplication{}, {{2, 3, 5}, {7, 5}}).shape);
  EXPECT_FALSE(infer(MatrixMultiplication{true}, {{2, 3, 5}, {5, 7}}).shape);
}

TEST(ShapeOfAttention, NeedsCachesOfPastAndNewTokens) {
  const Attention attributes{
      .heads = 4, .kv_heads = 2, .head_size = 6, .query_length = 3, .past_length = 5};
  const Shape q{2, 3, 24};
  const Shape k{2, 3, 12};
  const Shape cache{2, 2, 8, 6};
  EXPECT_EQ(infer(attributes, {q, k, k, cache, cache}).shape, q);
  EXPECT_EQ(infer(attributes, {q, k, k, cache, {2, 2, 7, 6}}).message,
            "input 't4' has the shape [2, 2, 7, 6]");
  EXPECT_EQ(infer(attributes, {q, q, k, cache, cache}).expected, "[2, 3, 12]");
  EXPECT_EQ(infer(attributes, {q, k, k}).expected, "5");
}

TEST(ShapeOfANormalization, NeedsBetaForTheLayerKindOnly) {
  const Normalization layer{NormalizationKind::kLayer};
  const Normalization rms{NormalizationKind::kRms};
  EXPECT_EQ(infer(layer, {{2, 3}, {3}, {3}}).shape, (Shape{2, 3}));
  EXPECT_EQ(infer(rms, {{2, 3}, {3}}).shape, (Shape{2, 3}));
  EXPECT_FALSE(infer(layer, {{2, 3}, {3}}).shape);
  EXPECT_FALSE(infer(rms, {{2, 3}, {3}, {3}}).shape);
  EXPECT_FALSE(infer(rms, {{2, 3}, {2}}).shape);
}

TEST(ShapeOfAPooling, NeedsLessPaddingThanKernel) {
  const Shape image{1, 6, 6, 4};
  // (6 + 1 - 3) / 3 + 1 = 2 rows, (6 - 2) / 1 + 1 = 5 columns.
  Pooling attributes{.kernel_h = 3, .kernel_w = 2, .stride_h = 3, .pad_top = 1};
  EXPECT_EQ(infer(attributes, {image}).shape, (Shape{1, 2, 5, 4}));
  attributes.pad_top = 2;
  EXPECT_TRUE(infer(attributes, {image}).shape);
  attributes.pad_top = 3;
  EXPECT_FALSE(infer(attributes, {image}).shape);
}

TEST(ShapeOfAnEmbedding, IsThatOfItsTokensAndARow) {
  EXPECT_EQ(infer(Embedding{}, {{100, 8}}, {2, 3}).shape, (Shape{2, 3, 8}));
}

TEST(ShapeOfAnEmbedding, ByPositionEndsAtTheLastRow) {
  // Three tokens after 97 others stand at 97, 98 and 99, the last row.
  EXPECT_TRUE(infer(Embedding{EmbeddingRows::kPosition, 97}, {{100, 8}}, {2, 3}).shape);
  EXPECT_EQ(infer(Embedding{EmbeddingRows::kPosition, 98}, {{100, 8}}, {2, 3}).message,
            "position 100 is not in the table");
}

TEST(ShapeOfTheRest, FollowsTheInput) {
  EXPECT_EQ(infer(Softmax{}, {{2, 3}}).shape, (Shape{2, 3}));
  EXPECT_EQ(infer(RotaryEmbedding{.heads = 2, .head_size = 4}, {{2, 3, 8}}).shape,
            (Shape{2, 3, 8}));
  EXPECT_FALSE(infer(RotaryEmbedding{.heads = 2, .head_size = 4}, {{2, 3, 9}}).shape);
  EXPECT_EQ(infer(SelectLast{}, {{2, 3, 8}}).shape, (Shape{2, 8}));
  EXPECT_FALSE(infer(SelectLast{}, {{2, 8}}).shape);
  EXPECT_EQ(infer(Elementwise{ElementwiseKind::kAdd}, {{2, 3}, {2, 3}}).shape, (Shape{2, 3}));
  EXPECT_FALSE(infer(Elementwise{ElementwiseKind::kAdd}, {{2, 3}, {3, 2}}).shape);
}

}  // namespace
}  // namespace orrery::workload
