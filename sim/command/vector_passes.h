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

}  // namespace orrery::command
