// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory/specification/spec.h"

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
// A PIM command that works on open rows.
[[nodiscard]] inline bool works_on_rows(const dram::Command& command) {
  return command.row_buffer >= 0 && (command.kind == dram::CommandKind::kPimCompute ||
                                     command.kind == dram::CommandKind::kPimMove);
}
// Whether it opens rows of all the banks it acts on.
[[nodiscard]] inline bool opens_rows(const dram::Command& command) {
  return is_activate(command) || command.kind == dram::CommandKind::kPimActivate;
}
// Whether the log gives a row, a column, a number of repetitions. A command of kind `other` may
// have both of the first.
[[nodiscard]] inline bool has_row(const dram::Command& command) {
  return opens_rows(command) || is_column(command) || works_on_rows(command);
}
[[nodiscard]] inline bool has_column(const dram::Command& command) {
  return is_column(command) || works_on_rows(command);
}
[[nodiscard]] inline bool has_count(const dram::Command& command) {
  return command.most_count > 1;
}

}  // namespace orrery::memory::checker
