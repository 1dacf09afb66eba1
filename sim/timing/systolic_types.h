// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/rational.h"
#include "timing/dataflow.h"

namespace orrery::timing {

using base::Cycle;

// How the folds of a tile follow each other.
enum class FoldConvention {
  kPipelined,  // the array of docs/components/systolic_array.md
  kScaleSim,   // folds one after the other, preload counted, no drain counted for os
};

inline constexpr std::array<std::pair<FoldConvention, std::string_view>, 2> kFoldConventionNames = {
    {
        {FoldConvention::kPipelined, "pipelined"},
        {FoldConvention::kScaleSim, "scale_sim"},
    }};

// "pipelined", "scale_sim".
[[nodiscard]] std::string_view to_string(FoldConvention convention);
// nullopt for a name that is not in the table.
[[nodiscard]] std::optional<FoldConvention> parse_fold_convention(std::string_view name);

// Processing elements; both at least 1.
struct ArrayShape {
  std::int64_t rows = 1;
  std::int64_t cols = 1;
};

// C[m][n] += A[m][k] B[k][n]; elements, each at least 1. `groups` such products, independent of
// each other, follow each other or lie side by side on the diagonal of the array.
struct TileShape {
  std::int64_t m = 1;
  std::int64_t n = 1;
  std::int64_t k = 1;
  std::int64_t groups = 1;
};

// Cycles a port needs for one vector, the same for all folds of a tile; each at least 1.
struct FeedIntervals {
  Cycle left = 1;         // left edge: A (os, ws) or B (is), one element per used row
  Cycle top = 1;          // top edge: B (os, ws) or A (is), one element per used column
  Cycle accumulator = 1;  // bottom edge: one read-modify-write of one value in each column
};

// Bits per element of the three matrices, with its share of what a block of elements has in common;
// C as the accumulators hold it.
struct OperandBits {
  base::Rational a = 8;
  base::Rational b = 8;
  base::Rational accumulator = 32;
};

// Bytes per cycle of the ports at the edges; 0 is a port as wide as its edge. The accumulator port
// moves this many bytes in each direction at once.
struct PortWidths {
  std::int64_t left = 0;
  std::int64_t top = 0;
  std::int64_t accumulator = 0;
};

// When one tile uses what, in cycles of the array's clock, and what it does.
struct TileTiming {
  Cycle start = 0;        // first cycle in which a port fetches for this tile
  Cycle next_issue = 0;   // first cycle in which a port could fetch for the next tile
  Cycle a_free = 0;       // first cycle in which A is no longer read
  Cycle b_free = 0;       // first cycle in which B is no longer read
  Cycle done = 0;         // first cycle in which all results stand in the accumulators
  Cycle busy_cycles = 0;  // cycles of [start, done) that no earlier tile has counted

  std::int64_t folds = 0;
  std::int64_t macs_useful = 0;           // groups m n k
  std::int64_t macs_executed = 0;         // rows cols (vectors streamed), summed over the folds
  std::int64_t a_elements_read = 0;       // from the scratchpad, repeats counted
  std::int64_t b_elements_read = 0;       // from the scratchpad, repeats counted
  std::int64_t partial_sums_written = 0;  // into the accumulators
  // Of those, values that add to what an earlier fold of this tile wrote. A tile that adds to the
  // results of an earlier tile reads groups m n values more, at no cost in time.
  std::int64_t partial_sums_read = 0;
};

}  // namespace orrery::timing
