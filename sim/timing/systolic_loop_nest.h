// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "timing/systolic_types.h"

namespace orrery::timing {

// The folds of a tile under a dataflow of matrices, as its nest orders them.
struct SystolicLoopNest {
  std::int64_t outer = 1;       // extent of the outer loop
  std::int64_t outer_step = 1;  // what one fold holds of it
  std::int64_t inner = 1;
  std::int64_t inner_step = 1;
  std::int64_t streamed = 1;  // vectors that stream through the array in each fold
  bool rows_outside = true;   // the outer loop runs over the rows, else over the columns

  [[nodiscard]] std::int64_t outer_blocks() const { return blocks(outer, outer_step); }
  [[nodiscard]] std::int64_t inner_blocks() const { return blocks(inner, inner_step); }
  // The size of the last block, in [1, step].
  [[nodiscard]] std::int64_t last_outer() const { return last(outer, outer_step); }
  [[nodiscard]] std::int64_t last_inner() const { return last(inner, inner_step); }

 private:
  static std::int64_t blocks(std::int64_t extent, std::int64_t step) {
    return (extent - 1) / step + 1;
  }
  static std::int64_t last(std::int64_t extent, std::int64_t step) {
    return (extent - 1) % step + 1;
  }
};

// The loop nest of one product of a tile, groups left aside. InternalError where a size is below 1.
[[nodiscard]] SystolicLoopNest loop_nest(const ArrayShape& array, Dataflow dataflow,
                                         const TileShape& tile);

// How the groups of a tile share the array. Where several stationary operands fit, as many as
// possible lie on the diagonal, in rows and columns of their own: one fold, through which the
// vectors of all of them stream side by side,
//
//   ws: packed = min(floor(rows / k), floor(columns / n))
//   is: packed = min(floor(rows / k), floor(columns / m))
//
// and at most `groups`. Otherwise (always where sums stay: a row of the array has one row of A)
// packed is 1 and the loop nest of one product is repeated for each group.
struct GroupPasses {
  std::int64_t packed = 1;
  std::int64_t count = 1;        // ceil(groups / packed)
  std::int64_t last_packed = 1;  // groups of the last pass
  SystolicLoopNest full;         // the nest of a pass of `packed` groups
  SystolicLoopNest last;         // and of the last pass
};

// InternalError where a size is below 1.
[[nodiscard]] GroupPasses group_passes(const ArrayShape& array, Dataflow dataflow,
                                       const TileShape& tile);

// How often the operands of one product are read, and its sums written: once for each fold over the
// dimension that they lack.
struct OperandRepeats {
  std::int64_t a = 1;
  std::int64_t b = 1;
  std::int64_t c = 1;
};
[[nodiscard]] OperandRepeats operand_repeats(const ArrayShape& array, Dataflow dataflow,
                                             const TileShape& tile);

// Fills folds and the counts of work of `timing`. InternalError where one is above kLargestCount.
void count_actions(const ArrayShape& array, Dataflow dataflow, const TileShape& tile,
                   TileTiming& timing);

// Two of these can be added without overflow.
inline constexpr std::int64_t kLargestCount = std::int64_t{1} << 62;

// a b for non-negative factors. InternalError where the product is above kLargestCount.
[[nodiscard]] std::int64_t checked_product(std::int64_t a, std::int64_t b);

}  // namespace orrery::timing
