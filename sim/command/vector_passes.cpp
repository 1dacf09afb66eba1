// SPDX-License-Identifier: Apache-2.0
#include "command/vector_passes.h"

#include <algorithm>

#include "command/vector_kinds.h"

namespace orrery::command {
namespace {

using timing::PassWork;

std::int64_t bytes_of(const View& view, std::int64_t rows, std::int64_t columns) {
  return rows * numeric::row_bytes(view.type, columns);
}

bool moves(const boost::container::static_vector<Digit, 4>& digits) {
  return std::any_of(digits.begin(), digits.end(),
                     [](const Digit& digit) { return digit.extent > 1 && digit.stride_bits != 0; });
}

// An operand that is the same for all rows (a bias) or all columns is read once and kept.
std::int64_t operand_bytes(const View& view, std::int64_t rows, std::int64_t columns) {
  return bytes_of(view, moves(view.row) ? rows : 1, moves(view.column) ? columns : 1);
}

}  // namespace

std::vector<PassWork> vector_passes(const VectorCommand& command) {
  const std::int64_t source_bytes = bytes_of(command.source, command.rows, command.columns);
  std::vector<PassWork> passes;
  PassWork current;  // the pass that stages ride along
  current.bytes_read = source_bytes;
  bool reduced = false;
  for (const VectorStage& stage : command.stages) {
    // What follows a reduction finds one value a row.
    if (reduced && current.columns == 0) {
      passes.push_back(current);
      current = PassWork{};
      current.columns = 1;
    }
    const StageWork& stage_work = info(stage.kind).work;
    for (const PassWork& before : stage_work.before) {
      PassWork pass = before;
      pass.simple += current.simple;
      pass.exponentials += current.exponentials;
      pass.divides += current.divides;
      pass.bytes_read = current.bytes_read;
      // Where the pass has changed the elements, the next one must find what it made of them.
      const bool changed = pass.exponentials > 0 || pass.divides > 0 || current.simple > 0;
      pass.bytes_written = changed ? source_bytes : 0;
      passes.push_back(pass);
      current = PassWork{};
      current.bytes_read = source_bytes;
    }
    current.simple += stage_work.last.simple;
    current.exponentials += stage_work.last.exponentials;
    current.divides += stage_work.last.divides;
    current.reduces = current.reduces || stage_work.last.reduces;
    reduced = reduced || is_reduction(stage.kind);
    if (takes_operand(stage.kind)) {
      current.bytes_read +=
          operand_bytes(stage.operand, command.rows, reduced ? 1 : command.columns);
    }
  }
  if (command.stages.empty()) {
    current.simple = 1;
  }
  current.bytes_written =
      bytes_of(command.destination, command.rows, reduced ? 1 : command.columns);
  passes.push_back(current);
  return passes;
}

}  // namespace orrery::command
