// SPDX-License-Identifier: Apache-2.0
#include "functional/pim_executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "command/pim_operations.h"

namespace orrery::functional {
namespace {

using command::PimCommand;
using command::PimMemory;
using command::PimOperation;
using command::PimProgram;
using command::PimStep;

const command::Space kScratchpad{command::SpaceKind::kScratchpad, 0};

void require(bool condition, const std::string& fault) {
  if (!condition) {
    throw MemoryFault(fault);
  }
}

void require_index(const char* what, std::int64_t index, std::int64_t count) {
  require(index >= 0 && index < count, fmt::format("{} {} of {}", what, index, count));
}

std::int64_t address(const PimProgram::End& end, std::int64_t repetition, std::int64_t step) {
  return end.address + repetition * end.stride[0] + step * end.stride[1];
}

}  // namespace

void PimExecutor::execute(const PimProgram& program, const command::StreamHeader& header) {
  require_index("PIM memory", program.memory, std::ssize(header.pim_memories));
  const PimMemory& memory = header.pim_memories[program.memory];
  require_index("channel", program.channel, memory.channels());
  Channel channel{
      AddressSpace(fmt::format("the vector buffer of channel {}", program.channel),
                   memory.row_bytes()),
      std::vector<std::optional<double>>(static_cast<std::size_t>(memory.banks()), 0.0)};
  for (std::int64_t r = 0; r < program.repetitions; ++r) {
    std::int64_t loads_before = 0;
    std::int64_t reads_before = 0;
    for (std::size_t s = 0; s < program.steps.size(); ++s) {
      PimStep step = program.steps[s];
      require_index("PIM command", step.command, std::ssize(memory.commands));
      step.row += r * step.row_step;
      step.column += r * step.column_step;
      const PimCommand& command = memory.commands[step.command];
      std::int64_t scratchpad = 0;
      if (command::loads(command.operation)) {
        scratchpad = address(program.source, r, loads_before++);
      } else if (reads(command.operation)) {
        scratchpad = address(program.destination, r, reads_before++);
      }
      if (step.once && r > 0) {
        continue;
      }
      try {
        execute({program, memory, command, step, scratchpad}, channel);
      } catch (const MemoryFault& fault) {
        throw MemoryFault(
            fmt::format("step {} ({}) of repetition {}: {}", s, command.name, r, fault.what()));
      }
    }
  }
  const auto left = std::find_if(channel.sums.begin(), channel.sums.end(),
                                 [](const std::optional<double>& sum) { return sum != 0.0; });
  require(left == channel.sums.end(),
          fmt::format("the sum of bank {} is read by no step", left - channel.sums.begin()));
}

void PimExecutor::execute(const Turn& turn, Channel& channel) {
  const PimOperation operation = turn.command.operation;
  if (operation == PimOperation::kNone) {
    return;
  }
  const PimStep& step = turn.step;
  require_index("bank", step.bank, turn.memory.banks());
  if (multiplies(operation) || reads(operation)) {
    require(turn.command.banks >= 1, "no bank takes part");
    require_index("bank", step.bank + (turn.command.banks - 1) * turn.command.bank_step,
                  turn.memory.banks());
  }
  if (command::reads_row(operation)) {
    require_index("row", step.row, turn.memory.rows());
  }
  if (operation == PimOperation::kLoadRow) {
    load_row(turn, channel);
  } else if (operation == PimOperation::kLoad) {
    load(turn, channel);
  }
  if (multiplies(operation)) {
    dot(turn, channel);
  }
  if (reads(operation)) {
    read(turn, channel);
  }
}

void PimExecutor::load_row(const Turn& turn, Channel& channel) {
  AddressSpace& tier = memory_.space({command::SpaceKind::kTier, turn.memory.tier});
  const std::int64_t run = command::contiguous_bytes(turn.memory);
  for (std::int64_t byte = 0; byte < turn.memory.row_bytes(); byte += run) {
    channel.buffer.copy_from(
        tier, turn.memory.address(turn.program.channel, turn.step.bank, turn.step.row, byte), byte,
        run, false);
  }
}

void PimExecutor::load(const Turn& turn, Channel& channel) {
  channel.buffer.copy_from(memory_.space(kScratchpad), turn.scratchpad,
                           turn.step.column * turn.memory.column_bytes,
                           turn.command.bytes * turn.step.count, false);
}

void PimExecutor::dot(const Turn& turn, Channel& channel) {
  AddressSpace& tier = memory_.space({command::SpaceKind::kTier, turn.memory.tier});
  const numeric::ElementType type = turn.program.type;
  const std::int64_t bits = numeric::bits(type);
  const std::int64_t column_bits = turn.memory.column_bytes * 8;
  require(command::holds_whole(turn.memory, type),
          fmt::format("columns, or bytes that lie together, hold parts of an {}", name(type)));
  require_index("column", turn.step.column, turn.memory.row_bytes() * 8 / column_bits);
  require_index("column", turn.step.column + turn.step.count - 1,
                turn.memory.row_bytes() * 8 / column_bits);
  std::vector<std::pair<std::int64_t, std::optional<double>*>> banks;  // address of the row, sum
  for (std::int64_t i = 0; i < turn.command.banks; ++i) {
    const std::int64_t bank = turn.step.bank + i * turn.command.bank_step;
    banks.emplace_back(turn.memory.address(turn.program.channel, bank, turn.step.row, 0),
                       &channel.sums[static_cast<std::size_t>(bank)]);
  }
  const std::int64_t end = (turn.step.column + turn.step.count) * column_bits;
  for (std::int64_t bit = turn.step.column * column_bits; bit < end; bit += bits) {
    const std::optional<double> x = channel.buffer.find(bit, type);
    if (x == 0.0) {
      continue;
    }
    const std::int64_t offset = turn.memory.address(0, 0, 0, bit / 8) * 8 + bit % 8;
    for (auto& [row, sum] : banks) {
      const std::optional<double> y = tier.find(row * 8 + offset, type);
      *sum = *sum && x && y ? std::optional(**sum + *x * *y) : std::nullopt;
    }
  }
}

void PimExecutor::read(const Turn& turn, Channel& channel) {
  AddressSpace& scratchpad = memory_.space(kScratchpad);
  const numeric::ElementType type = turn.program.result_type;
  const std::int64_t bits = numeric::bits(type);
  require(
      turn.command.banks * bits <= turn.command.bytes * 8,
      fmt::format("{} bytes for the results of {} banks", turn.command.bytes, turn.command.banks));
  scratchpad.forget(turn.scratchpad, turn.command.bytes);
  for (std::int64_t i = 0; i < turn.command.banks; ++i) {
    std::optional<double>& sum =
        channel.sums[static_cast<std::size_t>(turn.step.bank + i * turn.command.bank_step)];
    if (sum) {
      scratchpad.write(turn.scratchpad * 8 + i * bits, type, *sum);
    }
    sum = 0.0;
  }
}

}  // namespace orrery::functional
