// SPDX-License-Identifier: Apache-2.0
#include "tests/functional/race_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace orrery::testing {
namespace {

using command::Command;
using command::CommandId;
using command::View;

// Newest finished command by engine.
using Clock = std::vector<CommandId>;

void join(Clock& clock, const Clock& other) {
  for (std::size_t i = 0; i < clock.size(); ++i) {
    clock[i] = std::max(clock[i], other[i]);
  }
}

// Half bytes by number.
using Touch = std::function<void(const command::Space&, std::int64_t, bool is_write)>;

void for_each_digit_sum(const View& view, std::size_t digit, std::int64_t bits, std::int64_t x,
                        std::int64_t y, const std::function<void(std::int64_t)>& visit) {
  const std::size_t rows = view.row.size();
  if (digit == rows + view.column.size()) {
    const auto inside = [](const command::Bound& bound, std::int64_t offset) {
      return bound.origin + offset >= 0 && bound.origin + offset < bound.limit;
    };
    if (inside(view.bounds[0], x) && inside(view.bounds[1], y)) {
      visit(bits);
    }
    return;
  }
  const command::Digit& d = digit < rows ? view.row[digit] : view.column[digit - rows];
  for (std::int64_t i = 0; i < d.extent; ++i) {
    for_each_digit_sum(view, digit + 1, bits + i * d.stride_bits, x + i * d.step[0],
                       y + i * d.step[1], visit);
  }
}

void touch_view(const View& view, bool is_write, const Touch& touch) {
  const numeric::BlockFormat* block = numeric::info(view.type).block;
  // Metadata are behind the last element of a block: touched with each element in this much more.
  const int bits = numeric::code_bits(view.type) + (block == nullptr ? 0 : block->metadata_bits());
  for_each_digit_sum(view, 0, view.base * 8, 0, 0, [&](std::int64_t bit) {
    for (std::int64_t half = bit / 4; half <= (bit + bits - 1) / 4; ++half) {
      touch(view.space, half, is_write);
    }
  });
}

void touch_end(const command::Move& move, const command::Move::End& end, bool is_write,
               const Touch& touch) {
  for (std::int64_t i = 0; i < move.count[0]; ++i) {
    for (std::int64_t j = 0; j < move.count[1]; ++j) {
      for (std::int64_t k = 0; k < move.count[2]; ++k) {
        const std::int64_t row =
            end.address + i * end.stride[0] + j * end.stride[1] + k * end.stride[2];
        for (std::int64_t half = row * 2; half < (row + move.row_bytes) * 2; ++half) {
          touch(end.space, half, is_write);
        }
      }
    }
  }
}

void touch_scratchpad(const command::PimProgram::End& end, std::int64_t repetition,
                      std::int64_t step, std::int64_t bytes, bool is_write, const Touch& touch) {
  const std::int64_t first = end.address + repetition * end.stride[0] + step * end.stride[1];
  for (std::int64_t half = first * 2; half < (first + bytes) * 2; ++half) {
    touch({command::SpaceKind::kScratchpad, 0}, half, is_write);
  }
}

void touch_rows(const command::PimProgram& program, const command::PimMemory& memory,
                const command::PimStep& step, std::int64_t repetition, const Touch& touch) {
  using command::PimOperation;
  const command::PimCommand& command = memory.commands.at(step.command);
  const bool whole = command.operation == PimOperation::kLoadRow;
  const std::int64_t column = step.column + repetition * step.column_step;
  const std::int64_t begin = whole ? 0 : column * memory.column_bytes;
  const std::int64_t end = whole ? memory.row_bytes() : begin + step.count * memory.column_bytes;
  for (std::int64_t i = 0; i < (whole ? 1 : command.banks); ++i) {
    for (std::int64_t byte = begin; byte < end; ++byte) {
      const std::int64_t address =
          memory.address(program.channel, step.bank + i * command.bank_step,
                         step.row + repetition * step.row_step, byte);
      touch({command::SpaceKind::kTier, memory.tier}, address * 2, false);
      touch({command::SpaceKind::kTier, memory.tier}, address * 2 + 1, false);
    }
  }
}

void touch_program(const command::PimProgram& program, const command::PimMemory& memory,
                   const Touch& touch) {
  using command::PimOperation;
  for (std::int64_t r = 0; r < program.repetitions; ++r) {
    std::int64_t loads = 0;
    std::int64_t reads = 0;
    for (const command::PimStep& step : program.steps) {
      const command::PimCommand& command = memory.commands.at(step.command);
      const PimOperation operation = command.operation;
      const bool is_done = step.once && r > 0;
      loads += is_done && operation == PimOperation::kLoad ? 1 : 0;
      reads += is_done && numeric::reads(operation) ? 1 : 0;
      if (is_done) {
        continue;
      }
      if (operation == PimOperation::kLoadRow || operation == PimOperation::kDot ||
          operation == PimOperation::kDotRead) {
        touch_rows(program, memory, step, r, touch);
      }
      if (operation == PimOperation::kLoad) {
        touch_scratchpad(program.source, r, loads++, command.bytes * step.count, false, touch);
      } else if (operation == PimOperation::kRead || operation == PimOperation::kDotRead) {
        touch_scratchpad(program.destination, r, reads++, command.bytes, true, touch);
      }
    }
  }
}

void touch_all(const Command& command, const command::StreamHeader& header, const Touch& touch) {
  if (const auto* move = std::get_if<command::Move>(&command.body)) {
    touch_end(*move, move->source, false, touch);
    touch_end(*move, move->destination, true, touch);
  } else if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
    touch_view(tile->a, false, touch);
    touch_view(tile->b, false, touch);
    touch_view(tile->c, true, touch);
  } else if (const auto* vector = std::get_if<command::VectorCommand>(&command.body)) {
    touch_view(vector->source, false, touch);
    for (const command::VectorStage& stage : vector->stages) {
      if (!stage.operand.row.empty()) {
        touch_view(stage.operand, false, touch);
      }
    }
    touch_view(vector->destination, true, touch);
  } else if (const auto* program = std::get_if<command::PimProgram>(&command.body)) {
    touch_program(*program, header.pim_memories.at(program->memory), touch);
  }
}

class RaceChecker {
 public:
  explicit RaceChecker(const command::StreamHeader& header)
      : header_(header),
        started_(header.engines.size(), Clock(header.engines.size(), 0)),
        in_turn_(header.engines.size(), false) {}

  std::string run(const std::vector<Command>& commands) {
    for (const Command& command : commands) {
      Clock& clock = started_[command.engine];
      for (const command::Dependency& dependency : command.after) {
        join(clock, at_start_.at(dependency.id));
        clock[dependency.engine] = std::max(clock[dependency.engine], dependency.id);
      }
      at_start_[command.id] = clock;
      in_turn_[command.engine] = std::holds_alternative<command::ComputeTile>(command.body) ||
                                 std::holds_alternative<command::PimProgram>(command.body);
      std::string race;
      touch_all(command, header_,
                [&](const command::Space& space, std::int64_t half, bool is_write) {
                  if (race.empty()) {
                    race = touch(command, space, half, is_write);
                  }
                });
      if (!race.empty()) {
        return race;
      }
    }
    return "";
  }

 private:
  struct Cell {
    const Command* writer = nullptr;
    std::vector<const Command*> readers;
  };

  [[nodiscard]] bool ordered(const Command& before, const Command& after) const {
    return before.id == after.id || before.id <= started_[after.engine][before.engine] ||
           (before.engine == after.engine && in_turn_[after.engine]);
  }

  std::string touch(const Command& command, const command::Space& space, std::int64_t half,
                    bool is_write) {
    Cell& cell = cells_[{static_cast<int>(space.kind), space.index, half}];
    const auto race = [&](const Command& other) {
      return fmt::format("commands {} and {} race for half byte {}", other.id, command.id, half);
    };
    if (cell.writer != nullptr && !ordered(*cell.writer, command)) {
      return race(*cell.writer);
    }
    if (!is_write) {
      if (cell.readers.empty() || cell.readers.back() != &command) {
        cell.readers.push_back(&command);
      }
      return "";
    }
    for (const Command* reader : cell.readers) {
      if (!ordered(*reader, command)) {
        return race(*reader);
      }
    }
    cell = {&command, {}};
    return "";
  }

  const command::StreamHeader& header_;
  std::vector<Clock> started_;  // what is done when the engine's newest command starts
  std::vector<bool> in_turn_;   // whether the engine works one command after the other
  std::map<CommandId, Clock> at_start_;
  std::map<std::tuple<int, int, std::int64_t>, Cell> cells_;
};

}  // namespace

std::string find_race(const std::vector<Command>& commands, const command::StreamHeader& header) {
  return RaceChecker(header).run(commands);
}

}  // namespace orrery::testing
