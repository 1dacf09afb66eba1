// SPDX-License-Identifier: Apache-2.0
#include "workload/graph.h"

#include <gtest/gtest.h>

#include "workload/operator_kinds.h"

namespace orrery::workload {
namespace {

using numeric::ElementType;

TEST(Tensor, CountsItsElements) {
  EXPECT_EQ((Tensor{"x", {2, 3, 5}, ElementType::kInt8}.elements()), 30);
  EXPECT_EQ((Tensor{"scalar", {}, ElementType::kInt8}.elements()), 1);
}

TEST(Tensor, FillsEachRowUpToWholeBytes) {
  // Rows of 5 elements of 4 bits are 20 bits, so 3 bytes; 6 rows of them.
  EXPECT_EQ((Tensor{"x", {2, 3, 5}, ElementType::kInt4}.bytes()), 18);
  // Rows of 4 elements are exactly 2 bytes.
  EXPECT_EQ((Tensor{"x", {2, 3, 4}, ElementType::kInt4}.bytes()), 12);
  EXPECT_EQ((Tensor{"x", {2, 3, 5}, ElementType::kFp32}.bytes()), 120);
}

TEST(Tensor, OfTheLargestSizeThatFitsIsCountedAndTheNextIsAUserError) {
  // (2^31 - 1) * 2^32 = 2^63 - 2^32 fits 63 bits, 2^31 * 2^32 = 2^63 does not.
  const std::int64_t limit = (1LL << 31) - 1;
  EXPECT_EQ((Tensor{"x", {limit, 1LL << 32}, ElementType::kInt8}.elements()),
            INT64_MAX - (1LL << 32) + 1);
  EXPECT_THROW((void)(Tensor{"x", {limit + 1, 1LL << 32}, ElementType::kInt8}.elements()),
               base::UserError);
}

TEST(Tensor, WhoseBytesDoNotFitIsAUserErrorThatNamesIt) {
  // 2^61 elements of 4 bytes are 2^63 bytes; of 2 bytes they fit.
  const Tensor wide{"wide", {1LL << 30, 1LL << 31}, ElementType::kFp32};
  EXPECT_EQ((Tensor{"half", {1LL << 30, 1LL << 31}, ElementType::kFp16}.bytes()), 1LL << 62);
  try {
    (void)wide.bytes();
    FAIL() << "no error";
  } catch (const base::UserError& error) {
    EXPECT_STREQ(error.what(),
                 "tensor 'wide' [1073741824, 2147483648] is too large; expected fewer than 2^63 "
                 "bytes");
  }
}

// A graph of one operator over tensors of the given shapes, the last of which is the output.
Graph graph_of(const Attributes& attributes, const std::vector<std::vector<std::int64_t>>& shapes) {
  Graph graph;
  Operator op{"op", attributes, {}, kNoTensor, {"file.yaml", 3, 5}};
  for (const auto& shape : shapes) {
    op.inputs.push_back(static_cast<TensorId>(graph.tensors.size()));
    graph.tensors.push_back({"t", shape, ElementType::kInt8});
  }
  op.output = op.inputs.back();
  op.inputs.pop_back();
  graph.operators.push_back(op);
  return graph;
}

std::int64_t macs_of(const Attributes& attributes,
                     const std::vector<std::vector<std::int64_t>>& shapes) {
  const Graph graph = graph_of(attributes, shapes);
  return useful_macs(graph, graph.operators.front());
}

TEST(UsefulMacs, OfAConvolutionCountEveryTapOfEveryOutput) {
  // 2 * 4 * 5 * 7 outputs, each over 3 * 2 * 6 products: 280 * 36.
  EXPECT_EQ(macs_of(Convolution{}, {{2, 8, 9, 6}, {3, 2, 6, 7}, {2, 4, 5, 7}}), 10080);
}

TEST(UsefulMacs, OfGroupsCountTheChannelsOfOneGroup) {
  // Depthwise: 1 * 7 * 7 * 16 outputs, each over 3 * 3 * 1 products: 784 * 9.
  EXPECT_EQ(macs_of(Convolution{.groups = 16}, {{1, 9, 9, 16}, {3, 3, 1, 16}, {1, 7, 7, 16}}),
            7056);
}

TEST(UsefulMacs, OfATransposedConvolutionCountInputsTimesTapsThatReachAnOutput) {
  // Nothing cut off: 2 * 3 * 4 inputs, 2 * 2 taps, 5 channels, 7 filters: 24 * 4 * 35.
  EXPECT_EQ(macs_of(TransposedConvolution{.stride_h = 2, .stride_w = 2},
                    {{2, 3, 4, 5}, {2, 2, 5, 7}, {2, 6, 8, 7}}),
            3360);
  // One row of 3 inputs, 3 taps, stride 2, 1 cut off before and behind: output 2 * 2 + 3 - 2 = 5.
  // Taps 0, 1, 2 put inputs 0, 1, 2 at -1, 1, 3; 0, 2, 4; 1, 3, 5: 2 + 3 + 2 = 7 pairs.
  EXPECT_EQ(macs_of(TransposedConvolution{.stride_w = 2, .pad_left = 1, .pad_right = 1},
                    {{1, 3, 1}, {1, 3, 1, 1}, {1, 5, 1}}),
            7);
}

TEST(UsefulMacs, OfABatchedProductCountEveryMatrix) {
  // 2 * 3 matrices of 4 x 7 sums over 5: 168 * 5.
  EXPECT_EQ(macs_of(MatrixMultiplication{}, {{2, 1, 4, 5}, {3, 5, 7}, {2, 3, 4, 7}}), 840);
  EXPECT_EQ(macs_of(MatrixMultiplication{.transposed_a = true}, {{5, 4}, {5, 7}, {4, 7}}), 140);
}

TEST(UsefulMacs, OfAProductAreMTimesNTimesKWhateverTheLayout) {
  // M = 2 * 3, K = 5, N = 7.
  EXPECT_EQ(macs_of(MatrixMultiplication{}, {{2, 3, 5}, {5, 7}, {2, 3, 7}}), 210);
  EXPECT_EQ(macs_of(MatrixMultiplication{true}, {{2, 3, 5}, {7, 5}, {2, 3, 7}}), 210);
}

TEST(UsefulMacs, OfCausalAttentionLeaveOutWhatTheMaskHides) {
  Attention attention{
      .heads = 4, .kv_heads = 2, .head_size = 6, .query_length = 3, .past_length = 5};
  const std::vector<std::vector<std::int64_t>> shapes{{2, 3, 24},   {2, 3, 12},   {2, 3, 12},
                                                      {2, 2, 8, 6}, {2, 2, 8, 6}, {2, 3, 24}};
  // New tokens 0, 1, 2 see 6, 7, 8 tokens: 21 pairs. Two products of 6 elements for each pair,
  // 4 heads, 2 sequences: 2 * 6 * 21 * 4 * 2.
  EXPECT_EQ(macs_of(attention, shapes), 2016);
  // Without the mask all three see 8: 24 pairs.
  attention.causal = false;
  EXPECT_EQ(macs_of(attention, shapes), 2304);
}

TEST(UsefulMacs, OfOperatorsWithoutProductsAreZero) {
  EXPECT_EQ(macs_of(Softmax{}, {{2, 3}, {2, 3}}), 0);
  EXPECT_EQ(macs_of(Elementwise{ElementwiseKind::kMultiply}, {{2, 3}, {2, 3}, {2, 3}}), 0);
  EXPECT_EQ(macs_of(SelectLast{}, {{2, 3, 4}, {2, 4}}), 0);
}

TEST(UsefulMacs, ThatDoNotFitAreAUserErrorAtTheOperator) {
  const std::int64_t size = 1LL << 21;
  // 2^21 * 2^21 * 2^20 = 2^62 fits, 2^63 does not.
  EXPECT_EQ(macs_of(MatrixMultiplication{}, {{size, size}, {size, size / 2}, {size, size / 2}}),
            1LL << 62);
  try {
    (void)macs_of(MatrixMultiplication{}, {{size, size}, {size, size}, {size, size}});
    FAIL() << "no error";
  } catch (const base::UserError& error) {
    EXPECT_STREQ(error.what(),
                 "file.yaml:3:5: operator 'op' needs too many multiply-accumulates; expected fewer "
                 "than 2^63 multiply-accumulates");
  }
}

TEST(UsefulMacs, OfAnAttentionWhoseSquareOverflowsAreAUserError) {
  const std::int64_t tokens = 1LL << 32;
  const Attention attention{.query_length = tokens};
  EXPECT_THROW((void)macs_of(attention, {{1, 1, 1}, {1, 1, 1}}), base::UserError);
}

TEST(OperatorKinds, NameEveryAlternativeOfTheAttributes) {
  EXPECT_EQ(kind_name(Convolution{}), "convolution");
  EXPECT_EQ(kind_name(MatrixMultiplication{}), "matrix_multiplication");
  EXPECT_EQ(kind_name(Attention{}), "attention");
  EXPECT_EQ(kind_name(Normalization{}), "normalization");
  EXPECT_EQ(kind_name(Softmax{}), "softmax");
  EXPECT_EQ(kind_name(Elementwise{}), "elementwise");
  EXPECT_EQ(kind_name(Pooling{}), "pooling");
  EXPECT_EQ(kind_name(Embedding{}), "embedding");
  EXPECT_EQ(kind_name(RotaryEmbedding{}), "rotary_embedding");
  EXPECT_EQ(kind_name(SelectLast{}), "select_last");
  EXPECT_EQ(operator_kinds().size(), std::variant_size_v<Attributes>);
}

}  // namespace
}  // namespace orrery::workload
