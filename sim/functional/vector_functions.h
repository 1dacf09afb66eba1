// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "command/command.h"

namespace orrery::functional {

// One row on its way through the stages; elements outside the bounds of their view have no value.
using Row = std::vector<std::optional<double>>;

// Applies a stage to row number `index` of a command. `operand` is that row of the operand, empty
// where the kind takes none. The formulas are those at command::VectorKind.
void apply_stage(command::VectorKind kind, const std::array<double, 3>& parameters,
                 std::int64_t index, std::span<const double> operand, Row& row);

}  // namespace orrery::functional
