// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/bank_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "memory/trace/column_command.h"

namespace orrery::memory::trace {

namespace {

using dram::CommandKind;

bool contains(const std::vector<int>& commands, int command) {
  return std::find(commands.begin(), commands.end(), command) != commands.end();
}

}  // namespace

const std::string& bank_state_name(BankState state) {
  static const std::array<std::string, 5> kNames{"closed", "open", "refreshing", "power_down",
                                                 "self_refresh"};
  return kNames.at(static_cast<std::size_t>(state));
}

BankStates::BankStates(const dram::Spec& spec)
    : spec_(spec),
      activate_to_precharge_(delay_to_precharge(CommandKind::kActivate)),
      read_to_precharge_(delay_to_precharge(CommandKind::kRead)),
      write_to_precharge_(delay_to_precharge(CommandKind::kWrite)),
      banks_(static_cast<std::size_t>(spec.banks())) {}

Cycle BankStates::delay_to_precharge(CommandKind earlier) const {
  const int from = spec_.command(earlier);
  const int to = spec_.command(CommandKind::kPrecharge);
  Cycle delay = 0;
  for (const dram::Constraint& constraint : spec_.constraints) {
    if (!constraint.sibling && constraint.window == 1 && contains(constraint.earlier, from) &&
        contains(constraint.later, to)) {
      delay = std::max(delay, constraint.delay);
    }
  }
  return delay;
}

void BankStates::set(unsigned bank, Cycle cycle, BankState state, std::int64_t row) {
  Bank& changed = banks_[bank];
  if (changed.state == state && changed.row == row) {
    return;
  }
  changed.state = state;
  changed.row = row;
  bank_changed({cycle, bank, state, row});
}

void BankStates::close_at(Bank& bank, Cycle cycle) {
  bank.closes = cycle;
  next_close_ = std::min(next_close_, cycle);
}

void BankStates::settle(Cycle until) {
  while (next_close_ <= until) {
    const Cycle cycle = next_close_;
    next_close_ = kNever;
    for (unsigned bank = 0; bank < banks_.size(); ++bank) {
      if (banks_[bank].closes == cycle) {
        banks_[bank].closes = kNever;
        set(bank, cycle, BankState::kClosed, -1);
      }
      next_close_ = std::min(next_close_, banks_[bank].closes);
    }
  }
}

void BankStates::command(const dram::CommandRecord& record) {
  settle(record.cycle);
  const std::uint64_t mask = spec_.banks_of(record.command, record.bank);
  for (unsigned bank = 0; bank < banks_.size(); ++bank) {
    if ((mask >> bank & 1U) != 0) {
      apply(record, bank);
    }
  }
}

void BankStates::apply(const dram::CommandRecord& record, unsigned bank) {
  Bank& target = banks_[bank];
  const Cycle now = record.cycle;
  const auto closes_after = [&](Cycle delay) {
    close_at(target, std::max(target.activated + activate_to_precharge_, now + delay));
  };
  switch (kind_of(spec_, record.command)) {
    case CommandKind::kPimActivate:
    case CommandKind::kPimPrecharge:
      // Of the first row buffer, as the others are not shown.
      if (spec_.commands[static_cast<std::size_t>(record.command)].row_buffer > 0) {
        break;
      }
      if (kind_of(spec_, record.command) == CommandKind::kPimPrecharge) {
        set(bank, now, BankState::kClosed, -1);
        break;
      }
      [[fallthrough]];
    case CommandKind::kActivate:
      target.activated = now;
      set(bank, now, BankState::kOpen, static_cast<std::int64_t>(record.row));
      break;
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
      set(bank, now, BankState::kClosed, -1);
      break;
    case CommandKind::kReadPrecharge:
      closes_after(read_to_precharge_);
      break;
    case CommandKind::kWritePrecharge:
      closes_after(write_to_precharge_);
      break;
    case CommandKind::kRefreshAll:
      set(bank, now, BankState::kRefreshing, -1);
      close_at(target, now + spec_.refresh_cycles);
      break;
    case CommandKind::kRefreshBanks:
      set(bank, now, BankState::kRefreshing, -1);
      close_at(target, now + spec_.bank_refresh_cycles);
      break;
    case CommandKind::kPowerDown:
      set(bank, now, BankState::kPowerDown, target.row);
      break;
    case CommandKind::kPowerDownExit:
      set(bank, now, target.row < 0 ? BankState::kClosed : BankState::kOpen, target.row);
      break;
    case CommandKind::kSelfRefresh:
      set(bank, now, BankState::kSelfRefresh, -1);
      break;
    case CommandKind::kSelfRefreshExit:
      set(bank, now, BankState::kClosed, -1);
      break;
    case CommandKind::kRead:
    case CommandKind::kWrite:
    case CommandKind::kPimCompute:
    case CommandKind::kPimMove:
    case CommandKind::kPimControl:
    case CommandKind::kPimHeader:
    case CommandKind::kOther:
      break;
  }
}

void BankStates::finish(Cycle end) {
  settle(end - 1);
}

std::string bank_name(const dram::Spec& spec, unsigned bank, const std::string& separator) {
  std::string name;
  for (std::size_t i = 1; i < spec.levels.size(); ++i) {
    const dram::Level& level = spec.levels[i];
    const auto inside = static_cast<unsigned>(spec.banks() / level.nodes);
    const unsigned index = bank / inside % static_cast<unsigned>(level.count);
    if (level.count > 1 || i + 1 == spec.levels.size()) {
      name += fmt::format("{}{}{}", name.empty() ? "" : separator, level.name, index);
    }
  }
  return name;
}

}  // namespace orrery::memory::trace
