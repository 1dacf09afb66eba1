// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "command/command.h"
#include "lowering/machine.h"
#include "workload/graph.h"

namespace orrery::lowering {

// The stage that does what an element-wise operator does.
[[nodiscard]] command::VectorKind vector_kind(workload::ElementwiseKind kind);

// Cycles of one vector unit for a command of that size and those stages (operands count as if they
// had the source's shape).
[[nodiscard]] std::int64_t vector_cycles(const Machine::VectorUnit& unit,
                                         const command::VectorCommand& command);

}  // namespace orrery::lowering
