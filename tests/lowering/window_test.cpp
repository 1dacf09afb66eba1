// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/window.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace orrery::lowering {
namespace {

TEST(Window, OverlappingWindowsLoadEachPositionOnce) {
  // Kernel 3, stride 1, padding 1 over 8 positions: outputs 0..3 read -1..4, of which 0..4 exist.
  const WindowAxis axis{8, 8, 3, 1, 1, 1};
  const AxisSlice part = slice(axis, {0, 4}, {0, 3});
  ASSERT_EQ(part.runs.size(), 1);
  EXPECT_EQ(part.runs[0].image_begin, 0);
  EXPECT_EQ(part.runs[0].count, 5);
  EXPECT_EQ(part.runs[0].buffer_begin, 1);  // position -1 keeps its place
  EXPECT_EQ(part.length, 6);                // (4 - 1) * 1 + (3 - 1) * 1 + 1
  EXPECT_FALSE(part.all_inside);
}

TEST(Window, StrideOfOneTapSkipsWhatIsNotRead) {
  // 1x1 kernel, stride 2: positions 0, 2, 4 follow each other in the buffer.
  const WindowAxis axis{6, 3, 1, 2, 1, 0};
  const AxisSlice part = slice(axis, {0, 3}, {0, 1});
  ASSERT_EQ(part.runs.size(), 1);
  EXPECT_EQ(part.runs[0].image_step, 2);
  EXPECT_EQ(part.runs[0].count, 3);
  EXPECT_EQ(part.output_step, 1);
  EXPECT_TRUE(part.all_inside);
}

TEST(Window, StrideAndDilationShareTheirCommonStep) {
  // Stride 2, dilation 2: only even positions are read, 0..8 for outputs 0..2 and taps 0..2.
  const WindowAxis axis{20, 9, 3, 2, 2, 0};
  const AxisSlice part = slice(axis, {0, 3}, {0, 3});
  ASSERT_EQ(part.runs.size(), 1);
  EXPECT_EQ(part.runs[0].image_step, 2);
  EXPECT_EQ(part.runs[0].count, 5);  // (2 * 2 + 2 * 2) / 2 + 1
}

TEST(Window, WindowsWithGapsAreLoadedTapByTap) {
  // Kernel 2, stride 3: positions 0 1, 3 4, 6 7: two runs of three.
  const WindowAxis axis{9, 3, 2, 3, 1, 0};
  const AxisSlice part = slice(axis, {0, 3}, {0, 2});
  ASSERT_EQ(part.runs.size(), 2);
  EXPECT_EQ(part.loaded(), 6);
  EXPECT_EQ(part.tap_step, 3);
}

// Every position of every window is in the buffer where the steps say, nothing else is loaded, and
// nothing is loaded that no window reads.
TEST(Window, EveryShapeHoldsExactlyWhatItsWindowsRead) {
  int shapes = 0;
  for (std::int64_t input = 1; input <= 9; ++input) {
    for (std::int64_t taps = 1; taps <= 4; ++taps) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
          for (std::int64_t padding = 0; padding <= 2; ++padding) {
            for (std::int64_t outputs = 1; outputs <= 4; ++outputs) {
              const WindowAxis axis{input, outputs + 2, taps, stride, dilation, padding};
              const AxisSlice part = slice(axis, {1, outputs}, {0, taps});
              ASSERT_EQ(part.length, slice_length(axis, outputs, taps));
              std::map<std::int64_t, std::int64_t> held;  // image position by buffer position
              for (const AxisSlice::Run& run : part.runs) {
                for (std::int64_t i = 0; i < run.count; ++i) {
                  held[run.buffer_begin + i] = run.image_begin + i * run.image_step;
                }
              }
              std::set<std::int64_t> used;
              for (std::int64_t o = 0; o < outputs; ++o) {
                for (std::int64_t t = 0; t < taps; ++t) {
                  const std::int64_t position = axis.position(1 + o, t);
                  if (position < 0 || position >= input) {
                    EXPECT_FALSE(part.all_inside);
                    continue;
                  }
                  const std::int64_t place = o * part.output_step + t * part.tap_step;
                  ASSERT_TRUE(held.contains(place));
                  ASSERT_EQ(held[place], position);
                  used.insert(place);
                }
              }
              ASSERT_EQ(used.size(), held.size());
              ++shapes;
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(shapes, 9 * 4 * 4 * 3 * 3 * 4);
}

}  // namespace
}  // namespace orrery::lowering
