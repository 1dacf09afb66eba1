// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "config/yaml.h"
#include "tests/workload/workload_files.h"

namespace orrery::workload {
namespace {

using ProductsTest = WorkloadFiles;

const std::string kFile = R"(
kind: products
phase: decode
types: {weights: int4, activations: int8}
phases:
  prefill:
    products:
      - {name: linear, count: 3, m: 16, n: 24, k: 10}
  decode:
    average_bits: {int4: 49/16}
    products:
      - {name: linear, count: 3, m: 1, n: 24, k: 10}
      - {name: scores, m: 4, n: 1, k: 10, input_elements: 5, weight_bits: 16}
)";

TEST_F(ProductsTest, AreTheRowsOfTheirPhase) {
  const Workload prefill = load(kFile, {"workload.phase=prefill"});
  ASSERT_EQ(prefill.products.size(), 1U);
  EXPECT_TRUE(prefill.graph.operators.empty());
  const Product& linear = prefill.products.front();
  EXPECT_EQ(std::tuple(linear.count, linear.m, linear.n, linear.k), std::tuple(3, 16, 24, 10));
  EXPECT_EQ(linear.weights.bytes(), 24 * 5);  // 10 elements of 4 bits a row
  EXPECT_EQ(linear.inputs.bytes(), 16 * 10);
  EXPECT_EQ(linear.outputs.bytes(), 16 * 24);
  EXPECT_EQ(linear.macs_useful, 3 * 16 * 24 * 10);
}

TEST_F(ProductsTest, TakeAverageBitsAndTheirOwn) {
  const Workload decode = load(kFile);
  ASSERT_EQ(decode.products.size(), 2U);
  // 10 elements of 49/16 bits are 30.6: 4 bytes a row, a word of 64 bits in a buffer.
  EXPECT_EQ(decode.products[0].weights.bytes(), 24 * 4);
  EXPECT_EQ(decode.products[0].weights.words(64), 24);
  // In memory the row's own 16 bits, in a buffer those of the type; 5 elements of each input.
  EXPECT_EQ(decode.products[1].weights.bytes(), 20);
  EXPECT_EQ(decode.products[1].weights.buffer_bits, base::Rational(49, 16));
  EXPECT_EQ(decode.products[1].inputs.bytes(), 4 * 5);
}

TEST_F(ProductsTest, AreReadBackFromTheirResolvedFile) {
  const Workload first = load(kFile);
  const Workload second = make_workload(first.resolved, "second");
  EXPECT_EQ(config::write_yaml(second.resolved), config::write_yaml(first.resolved));
  EXPECT_EQ(second.products[1].weights.bits, base::Rational(16));
}

}  // namespace
}  // namespace orrery::workload
