// SPDX-License-Identifier: Apache-2.0
#include "command/vector_passes.h"

#include <algorithm>
#include <array>

namespace orrery::command {
namespace {

using timing::PassWork;

// What a stage asks of one element. `before` are passes that must be over before the stage gives
// its first element; `last` is done as the element goes by.
struct StageWork {
  std::vector<PassWork> before;
  PassWork last;
};

PassWork work(int simple, int exponentials = 0, int divides = 0, bool reduces = false) {
  PassWork pass;
  pass.simple = simple;
  pass.exponentials = exponentials;
  pass.divides = divides;
  pass.reduces = reduces;
  return pass;
}

// In the order of VectorKind.
const std::array<StageWork, 13>& stage_table() {
  static const std::array<StageWork, 13> kTable{{
      {{}, work(1)},        // copy: convert
      {{}, work(1)},        // add
      {{}, work(1)},        // multiply
      {{}, work(1)},        // scale
      {{}, work(1)},        // relu: compare
      {{}, work(5, 1)},     // gelu: x^3 term 3, tanh, blend 2
      {{}, work(1, 1, 1)},  // silu: x / (1 + exp(-x))
      // softmax: row maximum; exp(x - maximum) and its sum; times 1 / sum
      {{work(1, 0, 0, true), work(2, 1, 0, true)}, work(1)},
      // layer norm: mean; squares of differences; (x - mean) * factor
      {{work(1, 0, 0, true), work(2, 0, 0, true)}, work(2)},
      {{work(1, 0, 0, true)}, work(1)},  // rms norm: squares; times factor
      {{}, work(1, 0, 0, true)},         // reduce maximum
      {{}, work(1, 0, 0, true)},         // reduce mean
      {{}, work(3)},                     // rotary: two products and a sum
  }};
  return kTable;
}

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

bool is_reduction(VectorKind kind) {
  return kind == VectorKind::kReduceMaximum || kind == VectorKind::kReduceMean;
}

std::vector<PassWork> vector_passes(const VectorCommand& command) {
  const std::int64_t source_bytes = bytes_of(command.source, command.rows, command.columns);
  std::vector<PassWork> passes;
  PassWork current;  // the pass that stages ride along
  current.bytes_read = source_bytes;
  bool reduced = false;
  for (const VectorStage& stage : command.stages) {
    const StageWork& stage_work = stage_table()[static_cast<std::size_t>(stage.kind)];
    for (const PassWork& before : stage_work.before) {
      PassWork pass = before;
      pass.simple += current.simple;
      pass.exponentials += current.exponentials;
      pass.divides += current.divides;
      pass.bytes_read = current.bytes_read;
      // Where the pass has changed the elements, the next one must find what it made of them.
      pass.bytes_written = pass.exponentials > 0 || current.simple > 0 ? source_bytes : 0;
      passes.push_back(pass);
      current = PassWork{};
      current.bytes_read = source_bytes;
    }
    current.simple += stage_work.last.simple;
    current.exponentials += stage_work.last.exponentials;
    current.divides += stage_work.last.divides;
    current.reduces = current.reduces || stage_work.last.reduces;
    reduced = reduced || is_reduction(stage.kind);
    if (stage.kind == VectorKind::kAdd || stage.kind == VectorKind::kMultiply) {
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
