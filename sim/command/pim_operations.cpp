// SPDX-License-Identifier: Apache-2.0
#include "command/pim_operations.h"

#include <algorithm>

namespace orrery::command {
namespace {

bool has_step(const PimProgram& program, const PimMemory& memory, bool (*is)(PimOperation)) {
  return std::any_of(program.steps.begin(), program.steps.end(), [&](const PimStep& step) {
    return is(memory.commands.at(step.command).operation);
  });
}

}  // namespace

bool moves_in(const PimProgram& program, const PimMemory& memory) {
  return has_step(program, memory, loads);
}

bool moves_out(const PimProgram& program, const PimMemory& memory) {
  return has_step(program, memory, reads);
}

std::int64_t contiguous_bytes(const PimMemory& memory) {
  return !memory.byte.empty() && memory.byte.back().stride == 1 ? memory.byte.back().extent : 1;
}

bool holds_whole(const PimMemory& memory, ElementType type) {
  if (numeric::is_block(type)) {
    return false;
  }
  const int bits = numeric::bits(type);
  return memory.column_bytes * 8 % bits == 0 &&
         (bits <= 8 || contiguous_bytes(memory) * 8 % bits == 0);
}

}  // namespace orrery::command
