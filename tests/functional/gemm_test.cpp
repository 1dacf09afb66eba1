// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/functional/trial.h"
#include "workload/graph_builder.h"

namespace orrery::testing {
namespace {

using workload::GraphBuilder;

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

}  // namespace
}  // namespace orrery::testing
