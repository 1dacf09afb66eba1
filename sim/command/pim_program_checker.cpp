// SPDX-License-Identifier: Apache-2.0
#include "command/pim_program_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "command/body_checker.h"
#include "command/view.h"

namespace orrery::command {
namespace {

using Wide = __int128;

std::string step_field(std::size_t index) {
  return fmt::format("step {}", index + 1);
}

// The least and the largest offset of the indices from first to last.
Interval offsets(std::span<const PimMemory::Digit> digits, std::int64_t first, std::int64_t last) {
  if (digits.empty()) {
    return {0, 0};
  }
  const auto rest = digits.subspan(1);
  std::int64_t inner = 1;  // indices of the digits behind the first
  std::int64_t reach = 0;  // of their offsets
  for (const PimMemory::Digit& digit : rest) {
    inner *= digit.extent;
    reach += (digit.extent - 1) * digit.stride;
  }
  const std::int64_t stride = digits.front().stride;
  const std::int64_t low = first / inner;
  const std::int64_t high = last / inner;
  if (low == high) {
    const Interval part = offsets(rest, first % inner, last % inner);
    return {low * stride + part.begin, low * stride + part.end};
  }
  const Interval head = offsets(rest, first % inner, inner - 1);
  const Interval tail = offsets(rest, 0, last % inner);
  Interval result{std::min(low * stride + head.begin, high * stride + tail.begin),
                  std::max(low * stride + head.end, high * stride + tail.end)};
  if (high - low > 1) {
    result.begin = std::min(result.begin, (low + 1) * stride);
    result.end = std::max(result.end, (high - 1) * stride + reach);
  }
  return result;
}

}  // namespace

void PimProgramChecker::add(const std::string& field, std::string message, std::string expected) {
  problems_.push_back({field, std::move(message), std::move(expected), ""});
}

bool PimProgramChecker::check_size(const std::string& field, std::int64_t value, std::int64_t least,
                                   std::int64_t most) {
  if (value >= least && value <= most) {
    return true;
  }
  add(field, fmt::format("{} is out of range", value), fmt::format("{} to {}", least, most));
  return false;
}

// Operands in all repetitions: they change evenly, so that the first and the last ones tell.
bool PimProgramChecker::check_step(const PimProgram& program, std::size_t index) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  const PimStep& step = program.steps[index];
  const PimCommand& command = memory.commands[step.command];
  const std::string field = step_field(index);
  const std::int64_t columns = memory.row_bytes() / memory.column_bytes;
  const bool is_load = loads(command.operation);
  const bool is_single =
      command.operation == PimOperation::kLoadRow || command.operation == PimOperation::kRead;
  const auto check = [&](const char* what, std::int64_t value, std::int64_t least,
                         std::int64_t most) {
    const bool is_sound = value >= least && value <= most;
    if (!is_sound) {
      add(field, fmt::format("{}: {} {} is out of range", command.name, what, value),
          fmt::format("{} to {}", least, most));
    }
    return is_sound;
  };
  const std::int64_t most_count =
      std::min(command.most_count, is_single                       ? 1
                                   : multiplies(command.operation) ? columns
                                   : is_load ? memory.row_bytes() / command.bytes
                                             : kLargestSize);
  bool sound =
      check("bank", step.bank, 0, memory.banks() - 1 - (command.banks - 1) * command.bank_step);
  sound = check("count", step.count, 1, most_count) && sound;
  sound = check("results", step.results, 0, kLargestSize) && sound;
  if (reads(command.operation)) {
    const std::int64_t bits = command.banks * numeric::bits(program.result_type);
    if (command.bytes < (bits + 7) / 8) {
      add(field,
          fmt::format("{}: {} bytes for {} results", command.name, command.bytes, command.banks),
          fmt::format("at least {} in {}", (bits + 7) / 8, numeric::name(program.result_type)));
      sound = false;
    }
  }
  if (!sound) {
    return false;
  }
  const auto check_walk = [&](const char* what, std::int64_t value, std::int64_t change,
                              std::int64_t most) {
    const Wide last = value + static_cast<Wide>(program.repetitions_of(step) - 1) * change;
    if (!check(what, value, 0, most)) {
      return false;
    }
    if (last < 0 || last > most) {
      add(field,
          fmt::format("{}: {} {} and {} more in each of {} repetitions", command.name, what, value,
                      change, program.repetitions),
          fmt::format("0 to {}", most));
      return false;
    }
    return true;
  };
  const std::int64_t most_column =
      multiplies(command.operation) ? columns - step.count
      : is_load ? (memory.row_bytes() - command.bytes * step.count) / memory.column_bytes
                : columns - 1;
  sound = check_walk("row", step.row, step.row_step, memory.rows() - 1);
  return check_walk("column", step.column, step.column_step, most_column) && sound;
}

bool PimProgramChecker::check_type(const PimProgram& program) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  if (!holds_whole(memory, program.type)) {
    add("type",
        fmt::format("columns of {} bytes, {} of a row side by side, of {}", memory.column_bytes,
                    contiguous_bytes(memory), numeric::name(program.type)),
        "whole elements");
    return false;
  }
  if (!extents_ || extents_->pim_types.empty()) {
    return true;
  }
  const std::vector<ElementType>& types = extents_->pim_types[program.memory];
  if (std::find(types.begin(), types.end(), program.type) != types.end()) {
    return true;
  }
  add("type",
      fmt::format("banks of {} do not multiply {}", header_.tiers[memory.tier],
                  numeric::name(program.type)),
      numeric::one_of(types));
  return false;
}

void PimProgramChecker::check_products(const PimProgram& program) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  const Wide elements = static_cast<Wide>(memory.column_bytes) * 8 / numeric::bits(program.type);
  Wide products = 0;
  for (const PimStep& step : program.steps) {
    const PimCommand& command = memory.commands[step.command];
    products += multiplies(command.operation)
                    ? elements * step.count * command.banks * program.repetitions_of(step)
                    : 0;
  }
  if (products > kLargestProduct) {
    add("repetitions", "too many products", fmt::format("at most {}", kLargestProduct));
  } else {
    (void)check_size("macs", program.macs_useful, 0, static_cast<std::int64_t>(products));
  }
}

void PimProgramChecker::check_end(const std::string& field, const PimProgram& program,
                                  const PimProgram::End& end, bool (*moves)(PimOperation)) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  Wide address = end.address;
  Wide begin = address;
  Wide behind = address;
  Wide bytes = 0;
  for (const PimStep& step : program.steps) {
    const PimCommand& command = memory.commands[step.command];
    if (moves(command.operation)) {
      const Wide moved = static_cast<Wide>(command.bytes) * step.count;
      const std::int64_t times = program.repetitions_of(step);
      const Wide across = static_cast<Wide>(times - 1) * end.stride[0];
      bytes += moved * times;
      begin = std::min({begin, address, address + across});
      behind = std::max({behind, address + moved, address + across + moved});
      address += end.stride[1];
    }
  }
  if (bytes == 0) {
    return;
  }
  if (bytes > kLargestProduct) {
    add(field, "moves too much", fmt::format("at most {} bytes", kLargestProduct));
  } else if (begin < -kLargestAddress || behind > kLargestAddress) {
    add(field, "reaches too far", fmt::format("addresses below {}", kLargestAddress));
  } else if (ranges_.known()) {
    ranges_.check(field, Space{}, static_cast<std::int64_t>(begin),
                  static_cast<std::int64_t>(behind));
  }
}

// The bytes of the tier from the first to the last that a step reads there, rows and columns
// between those of its repetitions among them.
void PimProgramChecker::check_rows(const PimProgram& program, std::size_t index) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  const PimStep& step = program.steps[index];
  const PimCommand& command = memory.commands[step.command];
  if (!reads_row(command.operation)) {
    return;
  }
  const auto walk = [&](std::int64_t first, std::int64_t change) {
    const std::int64_t last = first + (program.repetitions_of(step) - 1) * change;
    return std::pair(std::min(first, last), std::max(first, last));
  };
  const auto rows = walk(step.row, step.row_step);
  const auto columns = walk(step.column, step.column_step);
  const bool whole = command.operation == PimOperation::kLoadRow;
  const std::int64_t first_byte = whole ? 0 : columns.first * memory.column_bytes;
  const std::int64_t last_byte =
      whole ? memory.row_bytes() - 1 : (columns.second + step.count) * memory.column_bytes - 1;
  const Interval row = offsets(memory.row, rows.first, rows.second);
  const Interval byte = offsets(memory.byte, first_byte, last_byte);
  const std::int64_t channel = memory.address(program.channel, 0, 0, 0);
  Interval bank{kLargestAddress, 0};
  for (std::int64_t i = 0; i < (whole ? 1 : command.banks); ++i) {
    const std::int64_t offset = memory.address(0, step.bank + i * command.bank_step, 0, 0);
    bank = {std::min(bank.begin, offset), std::max(bank.end, offset)};
  }
  ranges_.check(step_field(index), {SpaceKind::kTier, memory.tier},
                channel + bank.begin + row.begin + byte.begin,
                channel + bank.end + row.end + byte.end + 1);
}

bool PimProgramChecker::check_steps(const PimProgram& program) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  if (program.steps.empty()) {
    add("step", "no steps", "at least one");
    return false;
  }
  bool sound = true;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    sound = check_step(program, i) && sound;
  }
  if (memory.commands[program.steps.back().command].announces) {
    add(step_field(program.steps.size() - 1), "announces work that does not follow",
        "steps behind it");
    sound = false;
  }
  return check_once(program) && sound;
}

bool PimProgramChecker::check_once(const PimProgram& program) {
  const std::size_t before = problems_.size();
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const PimStep& step = program.steps[i];
    if (!step.once) {
      continue;
    }
    if (step.row_step != 0 || step.column_step != 0) {
      add(step_field(i), "is executed once and advances", "no row_step and no column_step");
    }
    if (i > 0 && !program.steps[i - 1].once) {
      add(step_field(i), "is executed once behind one that is repeated",
          "steps with once=yes before all others");
    }
    if (i + 1 == program.steps.size()) {
      add(step_field(i), "is executed once, and no other follows", "a step that is repeated");
    }
  }
  return problems_.size() == before;
}

// Programs of another engine or stream may come before and after this one: it finds nothing in the
// channel and may leave nothing there.
void PimProgramChecker::check_state(const PimProgram& program) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  bool has_vector = false;
  std::vector<bool> unread(static_cast<std::size_t>(memory.banks()), false);
  const auto mark = [&](const PimStep& step, const PimCommand& command, bool value) {
    if (command.bank_step == 1) {
      const auto first = unread.begin() + step.bank;
      std::fill(first, first + command.banks, value);
      return;
    }
    for (std::int64_t i = 0; i < command.banks; ++i) {
      unread[static_cast<std::size_t>(step.bank + i * command.bank_step)] = value;
    }
  };
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const PimStep& step = program.steps[i];
    const PimCommand& command = memory.commands[step.command];
    has_vector =
        has_vector || loads(command.operation) || command.operation == PimOperation::kLoadRow;
    if (multiplies(command.operation) && !has_vector) {
      add(step_field(i), fmt::format("{}: no vector to multiply by", command.name),
          "a step before it that loads one: each program loads its own");
      return;
    }
    if (multiplies(command.operation) || reads(command.operation)) {
      mark(step, command, !reads(command.operation));
    }
  }
  const auto left = std::find(unread.begin(), unread.end(), true);
  if (left != unread.end()) {
    add(step_field(program.steps.size() - 1),
        fmt::format("leaves the sum of bank {} behind", left - unread.begin()),
        "a step behind it that reads it: each program reads its own");
  }
}

void PimProgramChecker::check(const PimProgram& program) {
  const PimMemory& memory = header_.pim_memories[program.memory];
  bool sound = check_size("channel", program.channel, 0, memory.channels() - 1);
  if (numeric::is_block(program.result_type)) {
    add("result_type", numeric::name(program.result_type), "a scalar type");
    return;
  }
  sound = check_size("repetitions", program.repetitions, 1, kLargestSize) && sound;
  sound = sound && check_steps(program);
  if (!check_type(program) || !sound) {
    return;
  }
  const std::size_t before_all = problems_.size();
  check_products(program);
  check_end("source", program, program.source, loads);
  check_end("destination", program, program.destination, reads);
  const bool is_named = std::any_of(header_.uses.begin(), header_.uses.end(), [&](const auto& r) {
    return r.space == Space{SpaceKind::kTier, memory.tier};
  });
  const std::size_t before = problems_.size();
  for (std::size_t i = 0; is_named && i < program.steps.size() && problems_.size() == before; ++i) {
    check_rows(program, i);
  }
  if (problems_.size() == before_all) {
    check_state(program);
  }
}

}  // namespace orrery::command
