// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "command/command.h"

namespace orrery::command {

using numeric::multiplies;
using numeric::reads;

// Whether the operation takes bytes of the program's source.
[[nodiscard]] inline bool loads(PimOperation operation) {
  return operation == PimOperation::kLoad;
}
[[nodiscard]] inline bool reads_row(PimOperation operation) {
  return multiplies(operation) || operation == PimOperation::kLoadRow;
}

// What the forms leave out of a step where it has its default, in their order.
struct PimOperand {
  const char* name;
  std::int64_t PimStep::* value;
};
inline constexpr std::array<PimOperand, 7> kPimOperands{{{"bank", &PimStep::bank},
                                                         {"row", &PimStep::row},
                                                         {"column", &PimStep::column},
                                                         {"count", &PimStep::count},
                                                         {"results", &PimStep::results},
                                                         {"row_step", &PimStep::row_step},
                                                         {"column_step", &PimStep::column_step}}};
// Bit i: operand i is given, because it has not its default.
[[nodiscard]] inline unsigned given_operands(const PimStep& step) {
  unsigned flags = 0;
  for (std::size_t i = 0; i < kPimOperands.size(); ++i) {
    const auto value = kPimOperands[i].value;
    flags |= step.*value != PimStep{}.*value ? 1U << i : 0U;
  }
  return flags;
}

// Whether a step of the program moves bytes in (out). Its commands are those of the memory.
[[nodiscard]] bool moves_in(const PimProgram& program, const PimMemory& memory);
[[nodiscard]] bool moves_out(const PimProgram& program, const PimMemory& memory);

// Bytes of a row that follow each other in the tier.
[[nodiscard]] std::int64_t contiguous_bytes(const PimMemory& memory);
// Whether columns, and bytes of a row that follow each other in the tier, hold whole elements.
[[nodiscard]] bool holds_whole(const PimMemory& memory, ElementType type);

}  // namespace orrery::command
