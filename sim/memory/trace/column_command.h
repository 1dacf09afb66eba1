// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory/specification/spec.h"

namespace orrery::memory::trace {

[[nodiscard]] inline dram::CommandKind kind_of(const dram::Spec& spec, int command) {
  return spec.commands[static_cast<std::size_t>(command)].kind;
}

[[nodiscard]] inline bool is_write_command(const dram::Spec& spec, int command) {
  const dram::CommandKind kind = kind_of(spec, command);
  return kind == dram::CommandKind::kWrite || kind == dram::CommandKind::kWritePrecharge;
}

// Whether a command moves data.
[[nodiscard]] inline bool is_column_command(const dram::Spec& spec, int command) {
  const dram::CommandKind kind = kind_of(spec, command);
  return kind == dram::CommandKind::kRead || kind == dram::CommandKind::kReadPrecharge ||
         is_write_command(spec, command);
}

}  // namespace orrery::memory::trace
