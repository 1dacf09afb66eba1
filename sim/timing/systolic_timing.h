// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "timing/systolic_types.h"

namespace orrery::timing {

// Cycles of one tile alone on an idle array whose ports are as wide as its edges, from the first
// preload (os: operand pair) to the last write into the accumulators, both counted. A closed form,
// derived in docs/components/systolic_array.md, for nests whose outer loop runs over the rows (sums
// stay) or the columns (an operand stays); SystolicPipeline gives the same for the first tile it is
// issued. InternalError where a size is below 1 or the result is above 2^62.
[[nodiscard]] Cycle tile_cycles(const ArrayShape& array, Dataflow dataflow, const TileShape& tile);

// As above with ports that need several cycles for a vector.
[[nodiscard]] Cycle tile_cycles(const ArrayShape& array, Dataflow dataflow, const TileShape& tile,
                                const FeedIntervals& intervals);

// Cycles as SCALE-Sim counts them, as a number of cycles (its reports give the index of the last
// cycle, one less):
//   os: ceil(m/rows) ceil(n/cols) (k + rows + cols - 2)
//   ws: ceil(k/rows) ceil(n/cols) (m + 2 rows + cols - 2)
//   is: ceil(k/rows) ceil(m/cols) (n + 2 rows + cols - 2)
// Favours os, whose drain is not counted. Errors as above.
[[nodiscard]] Cycle scale_sim_cycles(const ArrayShape& array, Dataflow dataflow,
                                     const TileShape& tile);

// ceil(groups m n k / (rows cols)): no tile is faster under any dataflow. Errors as above.
[[nodiscard]] Cycle roofline_cycles(const ArrayShape& array, const TileShape& tile);

// The intervals of a tile: ceil(bytes of the widest vector of the tile / bytes per cycle) for each
// port. Left: one element for each used row; top and accumulator: one for each used column, at the
// top those of one group where several lie on the diagonal.
// InternalError where a size or a number of bits is below 1 or a width is negative.
[[nodiscard]] FeedIntervals feed_intervals(const ArrayShape& array, Dataflow dataflow,
                                           const TileShape& tile, const OperandBits& bits,
                                           const PortWidths& widths);

}  // namespace orrery::timing
