// SPDX-License-Identifier: Apache-2.0
#include "command/view.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::command {
namespace {

const Space kScratchpad{SpaceKind::kScratchpad, 0};

TEST(View, OfAMatrixTouchesFromItsFirstToItsLastByte) {
  // 3 rows of 4 fp16 elements, 100 bytes apart: the last begins at 10 + 2 * 100 and is 8 bytes
  // long.
  const View view = matrix_view(kScratchpad, ElementType::kFp16, 10, 3, 4, 100);
  EXPECT_EQ(touched_bytes(view), (Interval{10, 218}));
  EXPECT_EQ(row_count(view), 3);
  EXPECT_EQ(column_count(view), 4);
}

TEST(View, OfHalfBytesTouchesWholeBytes) {
  EXPECT_EQ(touched_bytes(matrix_view(kScratchpad, ElementType::kInt4, 5, 1, 3, 0)),
            (Interval{5, 7}));
}

ElementType named(const std::string& name) {
  for (const numeric::ElementTypeInfo& info : numeric::element_types()) {
    if (info.name == name) {
      return info.type;
    }
  }
  return ElementType::kFp16;
}

TEST(View, OfBlocksTouchesTheMetadataBehindThem) {
  // Two blocks of 32 x 4 + 8 bits a row: 34 bytes; the second row begins 40 bytes behind the first.
  const View view = matrix_view(kScratchpad, named("mxfp4"), 10, 2, 64, 40);
  EXPECT_EQ(touched_bytes(view), (Interval{10, 84}));
  EXPECT_EQ(column_count(view), 64);
  EXPECT_EQ(view.column.size(), 2);
  EXPECT_EQ(view.column[0], (Digit{2, 136, {}}));
  EXPECT_EQ(view.column[1], (Digit{32, 4, {}}));
  // 394 bits: 49.25 bytes.
  EXPECT_EQ(touched_bytes(matrix_view(kScratchpad, named("bitmod_fp3"), 0, 1, 128, 0)),
            (Interval{0, 50}));
}

TEST(View, LeavesOutWhatLiesOutsideItsBounds) {
  // Rows o = 0..2 and taps t = 0..2 of a window over 3 positions with one of padding: positions
  // -1..3 at bytes 0..4, of which 0..2 exist.
  View view;
  view.space = kScratchpad;
  view.type = ElementType::kInt8;
  view.row = {{3, 8, {1, 0}}};
  view.column = {{3, 8, {1, 0}}};
  view.bounds[0] = {-1, 3};
  EXPECT_EQ(touched_bytes(view), (Interval{1, 4}));
  view.bounds[0] = {-9, 3};
  EXPECT_TRUE(touched_bytes(view).empty());
}

TEST(View, KnowsRowAndColumnCoordinatesApart) {
  // 2 x 2 positions at bytes 0, 1, 10, 11; the first row and the first column are padding.
  View view;
  view.space = kScratchpad;
  view.type = ElementType::kInt8;
  view.row = {{2, 80, {1, 0}}, {2, 8, {0, 1}}};
  view.column = {{1, 0, {}}};
  view.bounds = {Bound{-1, 9}, Bound{-1, 9}};
  EXPECT_EQ(touched_bytes(view), (Interval{11, 12}));
}

TEST(View, SimplifiesToTheSameElements) {
  View view;
  view.type = ElementType::kInt8;
  // 2 x 3 x 4 elements without a gap become 24; a step that does not run on stays.
  view.row = {{1, 99, {}}, {2, 96, {}}, {3, 32, {}}, {4, 8, {}}};
  view.column = {{2, 32, {1, 0}}, {4, 8, {0, 0}}};
  simplify(view);
  ASSERT_EQ(view.row.size(), 1);
  EXPECT_EQ(view.row[0], (Digit{24, 8, {}}));
  EXPECT_EQ(view.column.size(), 2);
}

TEST(View, KeepsOneDigitASide) {
  View view;
  view.row = {{1, 8, {}}, {1, 16, {}}};
  view.column = {{1, 8, {}}};
  simplify(view);
  EXPECT_EQ(row_count(view), 1);
  EXPECT_EQ(view.row.size(), 1);
  EXPECT_EQ(view.column.size(), 1);
}

TEST(Move, TouchesFromItsFirstToItsLastRowWhereverStridesLead) {
  Move move;
  move.count = {2, 1, 3};
  move.row_bytes = 4;
  move.source = {kScratchpad, 100, {1000, 0, -10}};
  // Rows at 100, 90, 80, 1100, 1090, 1080.
  EXPECT_EQ(touched_bytes(move.source, move), (Interval{80, 1104}));
}

}  // namespace
}  // namespace orrery::command
