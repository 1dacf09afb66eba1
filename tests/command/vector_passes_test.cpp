// SPDX-License-Identifier: Apache-2.0
#include "command/vector_passes.h"

#include <gtest/gtest.h>

#include "command/view.h"

namespace orrery::command {
namespace {

// sum of exp(x), then its reciprocal, over 4 rows of 8 elements of 2 bytes.
TEST(VectorPasses, OfWhatFollowsAReductionHaveOneColumn) {
  VectorCommand command;
  command.rows = 4;
  command.columns = 8;
  command.source = matrix_view({}, ElementType::kFp16, 0, 4, 8, 16);
  command.stages = {{VectorKind::kExp, {}, {}},
                    {VectorKind::kReduceSum, {}, {}},
                    {VectorKind::kReciprocal, {}, {}}};
  command.destination = matrix_view({}, ElementType::kFp32, 64, 4, 1, 4);
  const auto passes = vector_passes(command);
  ASSERT_EQ(passes.size(), 2U);
  EXPECT_EQ(passes[0].exponentials, 1);
  EXPECT_EQ(passes[0].simple, 1);  // the sum
  EXPECT_TRUE(passes[0].reduces);
  EXPECT_EQ(passes[0].bytes_read, 4 * 16);
  EXPECT_EQ(passes[0].bytes_written, 0);
  EXPECT_EQ(passes[1].columns, 1);
  EXPECT_EQ(passes[1].divides, 1);
  EXPECT_FALSE(passes[1].reduces);
  EXPECT_EQ(passes[1].bytes_read, 0);
  EXPECT_EQ(passes[1].bytes_written, 4 * 4);
  // 8 lanes, one cycle an operation: 4 slots * (1 exponential + 1 sum) + 3 of the tree; 1 slot of
  // 4 rows * 1 divide. Ports of 64 bytes: 1 cycle each, hidden.
  const timing::VectorCosts costs{8, 1, 0, 1, 1, 64, 64};
  EXPECT_EQ(timing::vector_timing(costs, 4, 8, passes).cycles, 8 + 3 + 1);
  // 4 * 8 * 2 and 4 * 1.
  EXPECT_EQ(timing::vector_timing(costs, 4, 8, passes).operations, 68);
}

}  // namespace
}  // namespace orrery::command
