// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "command/command.h"
#include "timing/vector_timing.h"

namespace orrery::command {

// The passes over its data that a vector command needs: one for the data to go through, more for
// each stage that must see a whole row before it can give its first element. The table of stages
// stands in docs/components/vector_unit.md.
// Simple operations on each element to make look-up tables of that type (docs/components/
// lut_tensor_core.md): for four activations x, 4 of x[0] +- x[1] and x[2] +- x[3] and 8 sums of
// these; where the table has a scale, 8 comparisons for the largest, 4 for a division, 8 products.
[[nodiscard]] int table_work(numeric::ElementType type);

[[nodiscard]] std::vector<timing::PassWork> vector_passes(const VectorCommand& command);

// Elements of each row that the command works on, where a mask leaves some out: columns outside the
// band that a view with a column step of -1 on its first coordinate shows (token - key of
// attention), or those that softmax's own parameters leave out. Empty where all count.
[[nodiscard]] std::vector<std::int64_t> row_lengths(const VectorCommand& command);

}  // namespace orrery::command
