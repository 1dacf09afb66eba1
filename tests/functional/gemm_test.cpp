// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <variant>

#include "tests/functional/trial.h"
#include "workload/graph_builder.h"

namespace orrery::testing {
namespace {

using workload::GraphBuilder;
using Shape = std::vector<std::int64_t>;

TEST(Gemm, EqualsTheNaiveProduct) {
  for (const std::int64_t m : {1, 3, 8, 13}) {
    for (const std::int64_t n : {1, 4, 17}) {
      for (const std::int64_t k : {1, 5, 32}) {
        GraphBuilder builder("gemm", {});
        const auto x = builder.input("x", {m, k}, {});
        builder.linear("y", x, n, true, {});
        const Trial trial(builder.finish(), {}, {}, 7);
        EXPECT_EQ(trial.check(), "") << m << " " << n << " " << k;
      }
    }
  }
}

// Tiles of 6 x 6 and 3 x 16, larger than what is left of most sizes, on one array and on several.
TEST(Gemm, EqualsTheNaiveProductWhereKernelsComputeWholeTiles) {
  lowering::MappingConfig mapping;
  mapping.tile_budget_percent = 100;
  const auto kernel = [](std::int64_t m, std::int64_t n) {
    return lowering::Kernel{{{{"m", m}, {"n", n}, {"k", 8}}, {}, ""}, 3, 1};
  };
  mapping.layers.emplace_back().kernels = {{kernel(6, 6), kernel(3, 16)}, {}, ""};
  std::int64_t padded = 0;
  for (const std::int64_t m : {1, 6, 13}) {
    for (const std::int64_t n : {1, 5, 17}) {
      for (int form = 0; form < 8; ++form) {
        const workload::MatrixMultiplication product{form % 2 > 0, form / 2 % 2 > 0};
        constexpr std::int64_t kDepth = 20;
        GraphBuilder builder("gemm", {});
        const auto x =
            builder.input("x", product.transposed_a ? Shape{kDepth, m} : Shape{m, kDepth}, {});
        const auto w =
            builder.input("w", product.transposed_b ? Shape{n, kDepth} : Shape{kDepth, n}, {});
        (void)builder.apply("y", product, {x, w}, {});
        SmallMachine machine;
        (form < 4 ? machine.partitions : machine.arrays) = 4;
        for (lowering::Kernel& one : mapping.layers.front().kernels->value) {
          one.cluster = form < 4 ? 2 : 1;
        }
        const Trial trial(builder.finish(), machine, mapping, 7);
        EXPECT_EQ(trial.check(), "") << m << " " << n << " " << form;
        lowering::LoweredStream stream(
            lowering::make_plan(trial.graph(), machine.machine(), mapping, 7));
        for (const command::Command& command : drain(stream)) {
          if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
            padded += tile->m * tile->n * tile->k > tile->macs_useful ? 1 : 0;
          }
        }
      }
    }
  }
  EXPECT_GT(padded, 0);
}

}  // namespace
}  // namespace orrery::testing
