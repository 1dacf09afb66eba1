// SPDX-License-Identifier: Apache-2.0
#include "workload/graph_description.h"

#include "tests/workload/workload_files.h"

namespace orrery::workload {
namespace {

class GraphDescriptionTest : public WorkloadFiles {};

TEST_F(GraphDescriptionTest, CountsTheBytesOfAConvolution) {
  const GraphDescription description = describe(
      load_workload(std::string(ORRERY_SOURCE_DIR) + "/workloads/layers/tiny_conv.yaml").graph);
  const OperatorDescription& line = description.operators.at(0);
  EXPECT_EQ(line.name, "conv1");
  EXPECT_EQ(line.kind, "convolution");
  EXPECT_EQ(line.output_shape, (std::vector<std::int64_t>{1, 5, 5, 7}));
  EXPECT_EQ(line.parameters, 3 * 3 * 5 * 7 + 7);
  EXPECT_EQ(line.macs, 5 * 5 * 7 * 3 * 3 * 5);
  EXPECT_EQ(line.weight_bytes, 3 * 3 * 5 * 7 + 7 * 4);  // int8 filters, int32 biases
  EXPECT_EQ(line.input_bytes, 9 * 11 * 5);
  EXPECT_EQ(line.output_bytes, 5 * 5 * 7);
  // 7875 / (343 + 495 + 175)
  EXPECT_DOUBLE_EQ(line.intensity(), 7875.0 / 1013);
}

TEST_F(GraphDescriptionTest, CountsTheCacheOfAnAttention) {
  const GraphDescription description = describe(
      load_workload(std::string(ORRERY_SOURCE_DIR) + "/workloads/layers/tiny_attention.yaml")
          .graph);
  // 2 sequences, 2 key-value heads, 5 + 3 tokens, 6 elements of 2 bytes, keys and values.
  EXPECT_EQ(description.operators.at(6).cache_bytes, 2 * 2 * 8 * 6 * 2 * 2);
  EXPECT_EQ(description.resident_cache_bytes, 768);
  // One token of one sequence: 2 heads * 6 elements * 2 bytes, keys and values.
  EXPECT_EQ(description.cache_bytes_per_token, 48);
}

TEST_F(GraphDescriptionTest, SumsTheLinesInTheTotal) {
  const GraphDescription description = describe(
      load_workload(std::string(ORRERY_SOURCE_DIR) + "/workloads/models/resnet18.yaml").graph);
  OperatorDescription sum;
  for (const OperatorDescription& line : description.operators) {
    sum.parameters += line.parameters;
    sum.macs += line.macs;
    sum.weight_bytes += line.weight_bytes;
    sum.input_bytes += line.input_bytes;
    sum.output_bytes += line.output_bytes;
  }
  EXPECT_EQ(description.total.parameters, sum.parameters);
  EXPECT_EQ(description.total.macs, sum.macs);
  EXPECT_EQ(description.total.bytes(), sum.weight_bytes + sum.input_bytes + sum.output_bytes);
  EXPECT_EQ(description.resident_weight_bytes, sum.weight_bytes);
}

TEST_F(GraphDescriptionTest, CountsOnlyTheRowsThatAnEmbeddingLooksUp) {
  const GraphDescription description = describe(load(R"(
kind: graph
inputs: {}
operators:
  - {name: e, kind: embedding, rows: 100, width: 5, tokens: [2, 3]}
types: {weights: int4}
)")
                                                    .graph);
  // Rows of 5 elements of 4 bits are 3 bytes; 6 tokens; the table has 100 rows.
  EXPECT_EQ(description.operators[0].weight_bytes, 18);
  EXPECT_EQ(description.resident_weight_bytes, 300);
  EXPECT_EQ(description.operators[0].parameters, 500);
}

TEST_F(GraphDescriptionTest, RefusesTotalsThatDoNotFit) {
  // Each weight has (2^31 - 1)^2 = 2^62 - 2^32 + 1 elements: two fit 63 bits, three do not.
  const std::string start =
      "kind: graph\ninputs: {x: {shape: [1, 2147483647]}}\noperators:\n"
      "  - {name: a, kind: matrix_multiplication, inputs: [x], columns: "
      "2147483647}\n"
      "  - {name: b, kind: matrix_multiplication, inputs: [x], columns: "
      "2147483647}\n";
  const std::string third =
      "  - {name: c, kind: matrix_multiplication, inputs: [x], columns: 2147483647}\n";
  const std::string types = "types: {weights: int4, activations: int4}\n";
  // In 4 bits the bytes are half of that, so it is the parameters that overflow.
  EXPECT_EQ(describe(load(start + types).graph).total.parameters,
            2 * (2147483647LL * 2147483647LL));
  EXPECT_THROW((void)describe(load(start + third + types).graph), base::UserError);
}

}  // namespace
}  // namespace orrery::workload
