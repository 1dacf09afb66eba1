// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "command/vector_passes.h"
#include "command/view.h"
#include "timing/vector_timing.h"

namespace orrery::command {
namespace {

using Lengths = std::vector<std::int64_t>;

VectorCommand softmax(std::int64_t rows, std::int64_t columns, std::array<double, 3> parameters) {
  VectorCommand command;
  command.rows = rows;
  command.columns = columns;
  command.source = matrix_view({}, ElementType::kFp16, 0, rows, columns, columns * 2);
  command.destination = command.source;
  command.stages.push_back({VectorKind::kSoftmax, {}, parameters});
  return command;
}

// Shows of row (head, token) the columns with 0 <= origin + token - column < limit.
VectorCommand band(std::int64_t heads, std::int64_t tokens, std::int64_t columns,
                   std::int64_t origin, std::int64_t limit) {
  VectorCommand command =
      softmax(heads * tokens, columns, {static_cast<double>(columns), 0.0, 0.0});
  View& view = command.source;
  view.row.clear();
  view.row.push_back({heads, tokens * columns * 16, {0, 0}});
  view.row.push_back({tokens, columns * 16, {1, 0}});
  view.column[0].step = {-1, 0};
  view.bounds[0] = {origin, limit};
  return command;
}

TEST(RowLengths, AreEmptyWhereAllColumnsCount) {
  EXPECT_EQ(row_lengths(softmax(3, 5, {5.0, 0.0, 0.0})), Lengths{});
  EXPECT_EQ(row_lengths(softmax(3, 5, {5.0, 1.0, 0.0})), Lengths{});
}

TEST(RowLengths, OfATriangleGrowByOneATokenForEachHead) {
  EXPECT_EQ(row_lengths(band(2, 3, 5, 2, Bound{}.limit)), (Lengths{3, 4, 5, 3, 4, 5}));
  // Tokens before the first key of the tile see nothing.
  EXPECT_EQ(row_lengths(band(1, 4, 3, -2, Bound{}.limit)), (Lengths{0, 0, 1, 2}));
}

TEST(RowLengths, OfAWindowAreCutAtBothEnds) {
  // Token t sees columns t - 1 and t of four.
  EXPECT_EQ(row_lengths(band(1, 6, 4, 0, 2)), (Lengths{1, 2, 2, 2, 1, 0}));
}

TEST(RowLengths, OfSoftmaxFollowItsParameters) {
  EXPECT_EQ(row_lengths(softmax(4, 5, {2.0, 1.0, 0.0})), (Lengths{2, 3, 4, 5}));
  EXPECT_EQ(row_lengths(softmax(4, 5, {2.0, 1.0, 3.0})), (Lengths{2, 3, 3, 3}));
  // Row 4 ends at column 6: 3, 4 are left of its window.
  EXPECT_EQ(row_lengths(softmax(5, 5, {2.0, 1.0, 3.0})).back(), 2);
}

TEST(RowLengths, AreWhatTheSourceIsReadFor) {
  // 3 + 4 + 5 elements of 2 bytes in each of the three passes; zeros are written too.
  const auto passes = vector_passes(band(1, 3, 5, 2, Bound{}.limit));
  ASSERT_EQ(passes.size(), 3U);
  EXPECT_EQ(passes[0].bytes_read, 24);
  EXPECT_EQ(passes[2].bytes_read, 24);
  EXPECT_EQ(passes[2].bytes_written, 30);
}

TEST(RowLengths, DecideTheSlotsOfAPass) {
  timing::VectorCosts costs;
  costs.lanes = 4;
  costs.read_port_bytes = costs.write_port_bytes = 1 << 20;
  timing::PassWork element;
  element.simple = 1;
  timing::PassWork reduction = element;
  reduction.reduces = true;
  // Rows of 3, 8, 5 of 8 elements: 16 elements in 4 slots; reduced 1 + 2 + 2 slots and
  // log2(4) = 2 cycles of the tree. Whole rows: 6 slots either way.
  EXPECT_EQ(timing::vector_timing(costs, 3, 8, {element}, {3, 8, 5}).cycles, 4);
  EXPECT_EQ(timing::vector_timing(costs, 3, 8, {reduction}, {3, 8, 5}).cycles, 5 + 2);
  EXPECT_EQ(timing::vector_timing(costs, 3, 8, {element}).cycles, 6);
  EXPECT_EQ(timing::vector_timing(costs, 3, 8, {reduction}).cycles, 6 + 2);
  EXPECT_EQ(timing::vector_timing(costs, 3, 8, {element}, {3, 8, 5}).operations, 16);
}

}  // namespace
}  // namespace orrery::command
