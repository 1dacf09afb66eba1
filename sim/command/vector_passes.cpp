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

// Larger commands are charged for all columns.
constexpr std::int64_t kMostMaskedRows = 1 << 16;
// Beyond any number of columns; its products with rows fit 63 bits.
constexpr double kLargestCount = 1e13;

// The first coordinate of a row.
std::int64_t first_coordinate(const View& view, std::int64_t row) {
  std::int64_t result = view.bounds[0].origin;
  for (std::size_t i = view.row.size(); i-- > 0;) {
    result += row % view.row[i].extent * view.row[i].step[0];
    row /= view.row[i].extent;
  }
  return result;
}

bool shows_band(const View& view) {
  const auto stays = [](const Digit& digit) { return digit.step[1] == 0; };
  return view.column.size() == 1 && view.column[0].step[0] == -1 && stays(view.column[0]) &&
         std::all_of(view.row.begin(), view.row.end(), stays);
}

std::int64_t source_bytes_of(const VectorCommand& command) {
  const std::vector<std::int64_t> lengths = row_lengths(command);
  if (lengths.empty()) {
    return bytes_of(command.source, command.rows, command.columns);
  }
  std::int64_t bytes = 0;
  for (const std::int64_t length : lengths) {
    bytes += numeric::row_bytes(command.source.type, length);
  }
  return bytes;
}

}  // namespace

std::vector<std::int64_t> row_lengths(const VectorCommand& command) {
  std::vector<std::int64_t> lengths;
  if (command.rows > kMostMaskedRows) {
    return lengths;
  }
  const auto add = [&](std::int64_t begin, std::int64_t end) {
    begin = std::max<std::int64_t>(begin, 0);
    end = std::min(end, command.columns);
    lengths.push_back(std::max<std::int64_t>(end - begin, 0));
  };
  if (shows_band(command.source)) {
    const std::int64_t limit = command.source.bounds[0].limit;
    for (std::int64_t row = 0; row < command.rows; ++row) {
      // 0 <= first - column < limit
      const std::int64_t first = first_coordinate(command.source, row);
      add(limit > first ? 0 : first - limit + 1, first + 1);
    }
  } else if (!command.stages.empty() && command.stages[0].kind == VectorKind::kSoftmax) {
    const auto& parameters = command.stages[0].parameters;
    const auto whole = [](double x) {
      return static_cast<std::int64_t>(std::clamp(x, -kLargestCount, kLargestCount));
    };
    const std::int64_t valid = whole(parameters[0]);
    const std::int64_t step = whole(parameters[1]);
    const std::int64_t window = whole(parameters[2]);
    if (valid >= command.columns && step >= 0 && window == 0) {
      return lengths;
    }
    for (std::int64_t row = 0; row < command.rows; ++row) {
      const std::int64_t end = valid + row * step;
      add(window > 0 ? end - window : 0, end);
    }
  }
  return lengths;
}

int table_work(numeric::ElementType type) {
  constexpr int kSums = 12;
  constexpr int kScaling = 8 + 4 + 8;
  const numeric::BlockFormat& table = *numeric::info(type).block;
  return (kSums + (table.scale.bits == 0 ? 0 : kScaling)) / table.elements;
}

std::vector<PassWork> vector_passes(const VectorCommand& command) {
  const std::int64_t source_bytes = source_bytes_of(command);
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
  if (numeric::is_table(command.destination.type)) {
    current.simple += table_work(command.destination.type);
  }
  current.bytes_written =
      bytes_of(command.destination, command.rows, reduced ? 1 : command.columns);
  passes.push_back(current);
  return passes;
}

}  // namespace orrery::command
