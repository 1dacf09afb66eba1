// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/pim_command_set.h"

#include <algorithm>

namespace orrery::lowering {
namespace {

using command::PimCommand;
using command::PimMemory;
using command::PimOperation;

// The first command that does `operation` and suits.
template <class Suits>
std::optional<std::uint16_t> find(const PimMemory& memory, PimOperation operation, Suits suits) {
  for (std::size_t i = 0; i < memory.commands.size(); ++i) {
    if (memory.commands[i].operation == operation && suits(memory.commands[i])) {
      return static_cast<std::uint16_t>(i);
    }
  }
  return std::nullopt;
}

std::optional<std::uint16_t> find_header(const PimMemory& memory) {
  for (std::size_t i = 0; i < memory.commands.size(); ++i) {
    if (memory.commands[i].announces) {
      return static_cast<std::uint16_t>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<PimCommandSet> PimCommandSet::of(const PimMemory& memory, std::string& lacking) {
  const std::int64_t banks = memory.banks();
  const std::int64_t columns = memory.row_bytes() / memory.column_bytes;
  const auto any = [](const PimCommand&) { return true; };
  const auto of_all_banks = [&](const PimCommand& command) { return command.banks == banks; };
  const auto gives_results = [&](const PimCommand& command) {
    return command.banks >= 1 && banks % command.banks == 0 && command.bytes > 0 &&
           command.bytes * 8 % command.banks == 0 && (command.banks == 1 || command.bank_step == 1);
  };
  const auto loads_evenly = [&](const PimCommand& command) {
    return command.bytes > 0 && memory.row_bytes() % command.bytes == 0 &&
           command.bytes % memory.column_bytes == 0;
  };
  PimCommandSet set;
  set.memory_ = &memory;
  set.header_ = find_header(memory);
  set.plain_dot_ = find(memory, PimOperation::kDot, of_all_banks);
  const auto whole = find(memory, PimOperation::kDotRead, [&](const PimCommand& command) {
    return of_all_banks(command) && gives_results(command) &&
           (command.most_count >= columns || set.plain_dot_);
  });
  if (whole) {
    set.dot_ = *whole;
  } else {
    set.read_ = find(memory, PimOperation::kRead, gives_results);
    if (!set.plain_dot_) {
      lacking = "a command that multiplies columns of all banks of a channel";
      return std::nullopt;
    }
    if (!set.read_) {
      lacking = "a command that reads the results of banks";
      return std::nullopt;
    }
    set.dot_ = *set.plain_dot_;
  }
  const auto row = find(memory, PimOperation::kLoadRow, any);
  const auto load = row ? row : find(memory, PimOperation::kLoad, loads_evenly);
  if (!load) {
    lacking = "a command that loads the vector of a channel";
    return std::nullopt;
  }
  set.loads_rows_ = row.has_value();
  set.load_ = *load;
  return set;
}

std::int64_t PimCommandSet::load_bytes() const {
  return command(load_).bytes;
}

std::int64_t PimCommandSet::read_banks() const {
  return read_ ? command(*read_).banks : memory_->banks();
}

std::int64_t PimCommandSet::read_bytes() const {
  return command(read_.value_or(dot_)).bytes;
}

void PimCommandSet::add_load_row(Steps& steps, std::int64_t bank, std::int64_t row) const {
  command::PimStep& step = steps.emplace_back();
  step.command = load_;
  step.bank = bank;
  step.row = row;
  step.once = true;
}

void PimCommandSet::add_loads(Steps& steps, std::int64_t bytes) const {
  for (std::int64_t byte = 0; byte < bytes; byte += load_bytes()) {
    command::PimStep& step = steps.emplace_back();
    step.command = load_;
    step.column = byte / memory_->column_bytes;
    step.once = true;
  }
}

void PimCommandSet::add_header(Steps& steps, std::int64_t row, std::int64_t columns,
                               std::int64_t results, std::int64_t row_step) const {
  if (!header_) {
    return;
  }
  command::PimStep& step = steps.emplace_back();
  step.command = *header_;
  step.row = row;
  step.count = std::min(columns, command(*header_).most_count);
  step.results = results;
  step.row_step = row_step;
}

void PimCommandSet::add_product(Steps& steps, std::int64_t row, std::int64_t column,
                                std::int64_t columns, std::int64_t row_step) const {
  const auto add = [&](std::uint16_t index, std::int64_t count) {
    command::PimStep& step = steps.emplace_back();
    step.command = index;
    step.row = row;
    step.column = column;
    step.count = count;
    step.row_step = row_step;
    column += count;
    columns -= count;
  };
  // Columns that the last command has no room for go before it.
  const std::int64_t last = read_ ? 0 : std::min(columns, command(dot_).most_count);
  while (columns > last) {
    add(*plain_dot_, std::min(columns - last, command(*plain_dot_).most_count));
  }
  if (!read_) {
    add(dot_, last);
    return;
  }
  for (std::int64_t i = 0; i < reads(); ++i) {
    command::PimStep& step = steps.emplace_back();
    step.command = *read_;
    step.bank = i * read_banks();
    step.row = row;
    step.row_step = row_step;
  }
}

}  // namespace orrery::lowering
