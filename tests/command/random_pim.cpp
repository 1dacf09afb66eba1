// SPDX-License-Identifier: Apache-2.0
#include "tests/command/random_pim.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

#include "command/pim_operations.h"
#include "numeric/element_type.h"

namespace orrery::command {

std::vector<PimMemory> RandomPim::memories(std::size_t tiers) {
  std::vector<PimMemory> result;
  if (chance(30)) {
    return result;
  }
  for (std::size_t tier = 0; tier < tiers; ++tier) {
    if (chance(70)) {
      result.push_back(memory(static_cast<std::uint16_t>(tier)));
    }
  }
  if (chance(50)) {
    std::reverse(result.begin(), result.end());
  }
  return result;
}

// Digits of all indices, mixed, each stepping over those before it.
PimMemory RandomPim::memory(std::uint16_t tier) {
  PimMemory result;
  result.tier = tier;
  const std::int64_t inner = 4 * random_.integer(1, 16);
  result.byte = {{inner, 1}};
  std::int64_t reach = inner;
  std::array<PimMemory::Digits*, 4> indices{&result.byte, &result.channel, &result.bank,
                                            &result.row};
  for (int i = 0; i < 6; ++i) {
    PimMemory::Digits& digits = *indices[static_cast<std::size_t>(random_.integer(0, 3))];
    PimMemory::Digit digit;
    digit.extent = chance(20) ? 1 : random_.integer(2, 5);
    digit.stride = digit.extent == 1 ? 0 : reach * random_.integer(1, 3) + random_.integer(0, 5);
    reach = std::max(reach, digit.stride * digit.extent);
    digits.insert(digits.begin(), digit);
  }
  const std::int64_t rows = chance(10) ? 1LL << 30 : random_.integer(1, 100);
  result.row.insert(result.row.begin(), {rows, rows == 1 ? 0 : reach});
  result.column_bytes = chance(50) ? inner : 4;
  const std::int64_t commands = random_.integer(1, 7);
  for (std::int64_t i = 0; i < commands; ++i) {
    result.commands.push_back(command(result, result.commands.size()));
  }
  // What programs that multiply need.
  result.commands.push_back({"LD", PimOperation::kLoad, false, 1, result.column_bytes});
  result.commands.push_back(
      {"RD", PimOperation::kRead, false, 1, result.banks() * 4, result.banks()});
  return result;
}

PimStep RandomPim::load(const PimMemory& memory) {
  PimStep result;
  result.command = static_cast<std::uint16_t>(memory.commands.size() - 2);
  return result;
}

PimStep RandomPim::read(const PimMemory& memory) {
  PimStep result;
  result.command = static_cast<std::uint16_t>(memory.commands.size() - 1);
  return result;
}

PimCommand RandomPim::command(const PimMemory& memory, std::size_t number) {
  static const std::vector<std::string> kNames{"COMP", "a b", "#", "=(", "", "größe", "1"};
  PimCommand result;
  result.name = kNames[number];
  result.operation = static_cast<PimOperation>(random_.integer(0, 5));
  result.banks = random_.integer(1, memory.banks());
  if (result.banks > 1) {
    result.bank_step = random_.integer(1, (memory.banks() - 1) / (result.banks - 1));
  }
  result.most_count = chance(30) ? 1 : random_.integer(1, 64);
  result.announces = number > 0 && result.operation == PimOperation::kNone && chance(50);
  if (loads(result.operation)) {
    result.bytes = random_.integer(1, memory.row_bytes());
  } else if (reads(result.operation)) {
    result.bytes = result.banks * 4 + random_.integer(0, 3);  // results take up to four bytes
  } else if (chance(20)) {
    result.bytes = random_.integer(0, 100);
  }
  return result;
}

PimStep RandomPim::step(const PimMemory& memory, std::int64_t repetitions) {
  PimStep result;
  result.command = static_cast<std::uint16_t>(
      random_.integer(0, static_cast<std::int64_t>(memory.commands.size()) - 1));
  const PimCommand& command = memory.commands[result.command];
  const std::int64_t columns = memory.row_bytes() / memory.column_bytes;
  const auto walk = [&](std::int64_t most, std::int64_t& value, std::int64_t& change) {
    value = chance(30) ? 0 : random_.integer(0, most);
    if (repetitions > 1 && chance(70)) {
      change = (random_.integer(0, most) - value) / (repetitions - 1);
    }
  };
  result.bank = random_.integer(0, memory.banks() - 1 - (command.banks - 1) * command.bank_step);
  std::int64_t most_column = columns - 1;
  if (multiplies(command.operation)) {
    result.count = random_.integer(1, std::min(columns, command.most_count));
    most_column = columns - result.count;
  } else if (loads(command.operation)) {
    result.count =
        random_.integer(1, std::min(memory.row_bytes() / command.bytes, command.most_count));
    most_column = (memory.row_bytes() - command.bytes * result.count) / memory.column_bytes;
  } else if (command.operation == PimOperation::kNone) {
    result.count = random_.integer(1, command.most_count);
    result.results = chance(50) ? 0 : random_.integer(0, 100);
  }
  walk(memory.rows() - 1, result.row, result.row_step);
  walk(most_column, result.column, result.column_step);
  return result;
}

PimProgram::End RandomPim::end() {
  PimProgram::End result;
  result.address = chance(10) ? 0 : random_.integer(0, 1LL << 33);
  if (chance(60)) {
    result.stride = {random_.integer(-100, 1 << 20), random_.integer(-100, 1 << 20)};
  }
  return result;
}

PimProgram RandomPim::program(const StreamHeader& header) {
  PimProgram result;
  result.memory = static_cast<std::uint16_t>(
      random_.integer(0, static_cast<std::int64_t>(header.pim_memories.size()) - 1));
  const PimMemory& memory = header.pim_memories[result.memory];
  result.channel = random_.integer(0, memory.channels() - 1);
  result.repetitions = chance(40) ? 1 : random_.integer(1, chance(10) ? 100'000 : 9);
  const std::int64_t steps = random_.integer(1, 9);
  for (std::int64_t i = 0; i < steps; ++i) {
    result.steps.push_back(step(memory, result.repetitions));
  }
  while (memory.commands[result.steps.back().command].announces) {
    result.steps.back() = step(memory, result.repetitions);
  }
  if (std::any_of(result.steps.begin(), result.steps.end(), [&](const PimStep& one) {
        return multiplies(memory.commands[one.command].operation);
      })) {
    result.steps.insert(result.steps.begin(), load(memory));
    result.steps.push_back(read(memory));
  }
  const std::int64_t once = chance(50) ? 0 : random_.integer(0, std::ssize(result.steps) - 1);
  for (std::int64_t i = 0; i < once; ++i) {
    PimStep& one = result.steps[static_cast<std::size_t>(i)];
    one.row_step = one.column_step = 0;
    one.once = true;
  }
  const auto type = [&] {
    const auto& types = numeric::element_types();
    while (true) {
      const ElementType drawn = types[static_cast<std::size_t>(random_.integer(
                                          0, static_cast<std::int64_t>(types.size()) - 1))]
                                    .type;
      if (holds_whole(memory, drawn)) {
        return drawn;
      }
    }
  };
  result.type = type();
  result.result_type = type();
  if (moves_in(result, memory)) {
    result.source = end();
  }
  if (moves_out(result, memory)) {
    result.destination = end();
  }
  std::int64_t products = 0;
  for (const PimStep& one : result.steps) {
    const PimCommand& command = memory.commands[one.command];
    if (multiplies(command.operation)) {
      products += memory.column_bytes * 8 / numeric::bits(result.type) * one.count * command.banks *
                  result.repetitions_of(one);
    }
  }
  result.macs_useful = random_.integer(0, products);
  return result;
}

EngineIndex RandomPim::engine(const PimProgram& program, const StreamHeader& header) {
  return static_cast<EngineIndex>((program.memory + static_cast<std::size_t>(program.channel)) %
                                  header.engines.size());
}

bool same_body(const PimProgram& left, const PimProgram& right) {
  const auto fields = [](const PimProgram& program) {
    return std::tie(program.memory, program.channel, program.repetitions, program.type,
                    program.result_type, program.source, program.destination, program.macs_useful);
  };
  return fields(left) == fields(right) &&
         std::equal(left.steps.begin(), left.steps.end(), right.steps.begin(), right.steps.end());
}

}  // namespace orrery::command
