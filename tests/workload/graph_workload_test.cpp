// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/workload/workload_files.h"

namespace orrery::workload {
namespace {

class GraphWorkloadTest : public WorkloadFiles {};

TEST_F(GraphWorkloadTest, PutsOperatorsBehindThoseTheyRead) {
  const Graph graph = load(R"(
kind: graph
inputs:
  x: {shape: [4, 8]}
operators:
  - {name: c, kind: elementwise, function: add, inputs: [b, a]}
  - {name: a, kind: softmax, inputs: [x]}
  - {name: b, kind: elementwise, function: relu, inputs: [a]}
)")
                          .graph;
  ASSERT_EQ(graph.operators.size(), 3U);
  EXPECT_EQ(graph.operators[0].name, "a");
  EXPECT_EQ(graph.operators[1].name, "b");
  EXPECT_EQ(graph.operators[2].name, "c");
  EXPECT_EQ(graph.operators[2].where.line, 6);
}

TEST_F(GraphWorkloadTest, AllowsInputsThatNothingReads) {
  const Graph graph = load(R"(
kind: graph
inputs:
  x: {shape: [4, 8]}
  unused: {shape: [3], type: int4}
operators:
  - {name: a, kind: softmax, inputs: [x], output_type: fp32}
)")
                          .graph;
  EXPECT_EQ(tensor_named(graph, "unused").role, TensorRole::kInput);
  EXPECT_EQ(tensor_named(graph, "unused").type, numeric::ElementType::kInt4);
  EXPECT_EQ(tensor_named(graph, "a").type, numeric::ElementType::kFp32);
  EXPECT_EQ(tensor_named(graph, "x").type, numeric::ElementType::kFp16);
}

TEST_F(GraphWorkloadTest, TakesEveryAttributeOfAConvolutionAndAPooling) {
  const Graph graph = load(R"(
kind: graph
inputs:
  x: {shape: [1, 20, 30, 3]}
operators:
  - {name: c, kind: convolution, inputs: [x], filters: 8, kernel: [3, 5], stride: [2, 3],
     padding: [1, 2, 3, 4], dilation: [2, 1], bias: true}
  - {name: p, kind: pooling, function: average, inputs: [c], kernel: [4, 3], stride: [1, 2],
     padding: [0, 1, 2, 1]}
)")
                          .graph;
  const auto& c = std::get<Convolution>(operator_named(graph, "c").attributes);
  EXPECT_EQ((std::vector{c.stride_h, c.stride_w, c.pad_top, c.pad_left, c.pad_bottom, c.pad_right,
                         c.dilation_h, c.dilation_w}),
            (std::vector<std::int64_t>{2, 3, 1, 2, 3, 4, 2, 1}));
  EXPECT_EQ(tensor_named(graph, "c.weight").shape, (Shape{3, 5, 3, 8}));
  EXPECT_EQ(tensor_named(graph, "c.bias").shape, (Shape{8}));
  const auto& p = std::get<Pooling>(operator_named(graph, "p").attributes);
  EXPECT_EQ(p.kind, PoolingKind::kAverage);
  EXPECT_EQ((std::vector{p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.pad_top, p.pad_left,
                         p.pad_bottom, p.pad_right}),
            (std::vector<std::int64_t>{4, 3, 1, 2, 0, 1, 2, 1}));
}

TEST_F(GraphWorkloadTest, MultipliesTwoInputs) {
  const Graph graph = load(R"(
kind: graph
inputs:
  a: {shape: [4, 8]}
  b: {shape: [6, 8]}
operators:
  - {name: y, kind: matrix_multiplication, inputs: [a, b], transposed_b: true}
)")
                          .graph;
  EXPECT_EQ(tensor_named(graph, "y").shape, (Shape{4, 6}));
}

TEST_F(GraphWorkloadTest, ReadsGroupsTransposedConvolutionsAndFactors) {
  const Graph graph = load(R"(
kind: graph
inputs:
  x: {shape: [1, 9, 9, 8]}
  line: {shape: [2, 20, 6]}
operators:
  - {name: d, kind: convolution, inputs: [x], filters: 16, kernel: [3, 3], groups: 8}
  - {name: l, kind: convolution, inputs: [line], filters: 4, kernel: [1, 5]}
  - {name: t, kind: transposed_convolution, inputs: [x], filters: 6, kernel: [4, 2], stride: [2, 3],
     padding: [1, 0, 1, 0], output_padding: [0, 1], groups: 2, bias: true}
  - {name: p, kind: matrix_multiplication, inputs: [l], columns: 3, transposed_a: true,
     transposed_b: true, alpha: 0.5, beta: 2, bias: true}
)")
                          .graph;
  EXPECT_EQ(tensor_named(graph, "d.weight").shape, (Shape{3, 3, 1, 16}));
  EXPECT_EQ(tensor_named(graph, "d").shape, (Shape{1, 7, 7, 16}));
  EXPECT_EQ(tensor_named(graph, "l").shape, (Shape{2, 16, 4}));
  EXPECT_EQ(tensor_named(graph, "t.weight").shape, (Shape{4, 2, 4, 6}));
  // (9 - 1) * 2 + 4 - 2 = 18 rows, (9 - 1) * 3 + 2 + 1 = 27 columns.
  EXPECT_EQ(tensor_named(graph, "t").shape, (Shape{1, 18, 27, 6}));
  EXPECT_EQ(tensor_named(graph, "p.weight").shape, (Shape{3, 16}));
  EXPECT_EQ(tensor_named(graph, "p").shape, (Shape{2, 4, 3}));
  const auto& p = std::get<MatrixMultiplication>(operator_named(graph, "p").attributes);
  EXPECT_DOUBLE_EQ(p.alpha, 0.5);
  EXPECT_DOUBLE_EQ(p.beta, 2.0);
}

TEST_F(GraphWorkloadTest, RefusesAProductThatIsNeitherOwnNorOfTwo) {
  const std::string start =
      "kind: graph\ninputs:\n  a: {shape: [4, 8]}\noperators:\n  - {name: y, "
      "kind: matrix_multiplication, inputs: ";
  EXPECT_THAT(error_of(start + "[a]}\n"), testing::HasSubstr("missing key 'columns'"));
  EXPECT_THAT(error_of(start + "[a, a], columns: 3}\n"),
              testing::HasSubstr("columns: has no meaning with two inputs"));
  EXPECT_THAT(error_of(start + "[a, a], bias: true}\n"),
              testing::HasSubstr("bias: has no meaning with two inputs"));
  EXPECT_THAT(error_of(start + "[a], columns: 3, beta: 2}\n"),
              testing::HasSubstr("beta: has no meaning without a bias"));
}

TEST_F(GraphWorkloadTest, FillsInWhatAttentionLeavesOut) {
  const Graph graph = load(R"(
kind: graph
inputs:
  q: {shape: [1, 3, 32]}
operators:
  - {name: y, kind: attention, inputs: [q, q, q], heads: 2, head_size: 16}
)")
                          .graph;
  const auto& y = std::get<Attention>(graph.operators[0].attributes);
  EXPECT_EQ(y.kv_heads, 2);
  EXPECT_EQ(y.query_length, 3);
  EXPECT_EQ(y.past_length, 0);
  EXPECT_DOUBLE_EQ(y.scale, 0.25);  // 1 / sqrt(16)
  EXPECT_EQ(tensor_named(graph, "y.key_cache").shape, (Shape{1, 2, 3, 16}));
}

TEST_F(GraphWorkloadTest, ReportsAFailedOperatorOnceAndNotWhatReadsIt) {
  EXPECT_EQ(error_of(R"(kind: graph
inputs:
  x: {shape: [4, 8]}
operators:
  - {name: a, kind: select_last, inputs: [x]}
  - {name: b, kind: matrix_multiplication, inputs: [a], columns: 3}
  - {name: c, kind: attention, inputs: [b, b, b], heads: 1, head_size: 3}
)"),
            "workload.yaml:5:5: workload.operators: 'a': input 'x' has the shape [4, 8]; expected "
            "[B, T, C]");
}

TEST_F(GraphWorkloadTest, SortsAChainOfManyThousandOperatorsWrittenBackwards) {
  constexpr int kLength = 20'000;
  std::string text = "kind: graph\ninputs: {t0: {shape: [1, 2]}}\noperators:\n";
  for (int i = kLength; i > 0; --i) {
    text += "  - {name: t" + std::to_string(i) + ", kind: softmax, inputs: [t" +
            std::to_string(i - 1) + "]}\n";
  }
  const Graph graph = load(text).graph;
  ASSERT_EQ(graph.operators.size(), static_cast<std::size_t>(kLength));
  EXPECT_EQ(graph.operators.front().name, "t1");
  EXPECT_EQ(graph.operators.back().name, "t" + std::to_string(kLength));
}

}  // namespace
}  // namespace orrery::workload
