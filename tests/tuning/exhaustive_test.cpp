// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/tuning/small_shapes.h"

namespace orrery::tuning {
namespace {

// The short form of tests/benchmarks/tuning, which takes 500 shapes. Every candidate is simulated.
class SmallShapes : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SmallShapes, AreTunedToWithinOnePercentOfExhaustiveSearch) {
  constexpr std::uint64_t kShapes = 4;
  for (std::uint64_t seed = GetParam() * kShapes; seed < (GetParam() + 1) * kShapes; ++seed) {
    const Gap gap = measure_gap(seed, 200);
    EXPECT_LE(gap.excess(), 0.01) << "shape " << seed << ", " << gap.candidates << " candidates";
    EXPECT_LE(gap.tuned, gap.by_default);
    EXPECT_TRUE(gap.bounds_hold) << "shape " << seed;
    if (gap.is_proven) {
      EXPECT_EQ(gap.tuned, gap.exhaustive) << "shape " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SmallShapes, testing::Range<std::uint64_t>(0, 6));

}  // namespace
}  // namespace orrery::tuning
