// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.h"
#include "tests/workload/workload_files.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

using GraphParameters = WorkloadFiles;

constexpr const char* kSharedTable = R"(
kind: graph
inputs: {x: {shape: [5, 8]}}
parameters: {table: {shape: [8, 8], type: int8}}
operators:
  - {kind: matrix_multiplication, name: first, inputs: [x, table]}
  - {kind: matrix_multiplication, name: second, inputs: [first, table]}
)";

TEST_F(GraphParameters, AreWeightsThatSeveralOperatorsShare) {
  const Workload workload = load(kSharedTable);
  const GraphDescription description = describe(workload.graph);
  EXPECT_EQ(description.total.parameters, 64);    // 8 * 8, once
  EXPECT_EQ(description.total.macs, 2 * 5 * 64);  // 5 * 8 * 8 each
  EXPECT_EQ(description.resident_weight_bytes, 64);
}

TEST_F(GraphParameters, HaveNamesOfTheirOwn) {
  EXPECT_EQ(error_of("kind: graph\n"
                     "inputs: {x: {shape: [5, 8]}}\n"
                     "parameters: {tables: {shape: [8, 8]}}\n"
                     "operators:\n"
                     "  - {kind: matrix_multiplication, name: y, inputs: [x, table]}\n"),
            "workload.yaml:5:5: workload.operators: 'y' reads 'table', which is neither an input "
            "nor an operator; did you mean 'tables'?");
}

using ImportedGraph = WorkloadFiles;

TEST_F(ImportedGraph, KeepsItsOriginWhenItIsWrittenAndReadAgain) {
  const Workload first = load(
      "kind: graph\n"
      "origin: {format: onnx, file: model.onnx, nodes: 6, lowered: 1, fused: 1, views: 1, "
      "folded: 1, unused: 1, ignored: [a (Hardmax)], operators: {Relu: 1, Hardmax: 1}}\n"
      "inputs: {x: {shape: [5, 8]}}\n"
      "operators:\n"
      "  - {kind: elementwise, name: y, inputs: [x], function: relu}\n");
  ASSERT_TRUE(first.origin.has_value());
  EXPECT_EQ(first.origin->coverage(),
            "model.onnx: 6 nodes: 1 lowered, 1 fused into others, 1 views, 1 folded, 1 unused, 1 "
            "ignored");
  const Workload second = load(config::write_yaml(first.resolved));
  ASSERT_TRUE(second.origin.has_value());
  EXPECT_EQ(second.origin->coverage(), first.origin->coverage());
  EXPECT_EQ(second.origin->ignored, std::vector<std::string>{"a (Hardmax)"});
}

}  // namespace
}  // namespace orrery::workload
