// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory/dram/spec.h"

namespace orrery::memory::checker {

// What a command is, by its kind.
[[nodiscard]] inline bool is_activate(const dram::Command& command) {
  return command.kind == dram::CommandKind::kActivate;
}
[[nodiscard]] inline bool is_read(const dram::Command& command) {
  return command.kind == dram::CommandKind::kRead ||
         command.kind == dram::CommandKind::kReadPrecharge;
}
[[nodiscard]] inline bool is_write(const dram::Command& command) {
  return command.kind == dram::CommandKind::kWrite ||
         command.kind == dram::CommandKind::kWritePrecharge;
}
[[nodiscard]] inline bool is_column(const dram::Command& command) {
  return is_read(command) || is_write(command);
}
[[nodiscard]] inline bool is_refresh(const dram::Command& command) {
  return command.kind == dram::CommandKind::kRefreshAll ||
         command.kind == dram::CommandKind::kRefreshBanks;
}
[[nodiscard]] inline bool is_exit(const dram::Command& command) {
  return command.kind == dram::CommandKind::kPowerDownExit ||
         command.kind == dram::CommandKind::kSelfRefreshExit;
}
// Whether the log gives a row, a column. A command of kind `other` may have both.
[[nodiscard]] inline bool has_row(const dram::Command& command) {
  return is_activate(command) || is_column(command);
}
[[nodiscard]] inline bool has_column(const dram::Command& command) {
  return is_column(command);
}

}  // namespace orrery::memory::checker
