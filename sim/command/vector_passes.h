// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "command/command.h"
#include "timing/vector_timing.h"

namespace orrery::command {

// The passes over its data that a vector command needs: one for the data to go through, more for
// each stage that must see a whole row before it can give its first element. The table of stages
// stands in docs/components/vector_unit.md.
[[nodiscard]] std::vector<timing::PassWork> vector_passes(const VectorCommand& command);

// Elements of each row that the command works on, where a mask leaves some out: columns outside the
// band that a view with a column step of -1 on its first coordinate shows (token - key of
// attention), or those that softmax's own parameters leave out. Empty where all count.
[[nodiscard]] std::vector<std::int64_t> row_lengths(const VectorCommand& command);

}  // namespace orrery::command
