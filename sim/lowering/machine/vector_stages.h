// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "lowering/machine/machine.h"
#include "workload/graph.h"

namespace orrery::lowering {

// The stages that do what an element-wise operator does. Where it has a second tensor, one of them
// takes the operand, which is left empty; `operand_first`: x is the second of the two.
[[nodiscard]] std::vector<command::VectorStage> stages_of(const workload::Elementwise& function,
                                                          bool operand_first = false);

// Puts the operand into the stage that takes one.
void set_operand(std::vector<command::VectorStage>& stages, const command::View& operand);

// Cycles of one vector unit for a command of that size and those stages (operands count as if they
// had the source's shape).
[[nodiscard]] std::int64_t vector_cycles(const Machine::VectorUnit& unit,
                                         const command::VectorCommand& command);

}  // namespace orrery::lowering
