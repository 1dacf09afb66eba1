// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/controller_replay.h"

#include <algorithm>
#include <bit>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

using dram::CommandKind;

ControllerReplay::ControllerReplay(const dram::Spec& spec, const dram::ControllerConfig& config)
    : spec_(spec),
      config_(config),
      has_direction_(config.has_direction()),
      write_high_(config.write_high_or_default()),
      write_low_(config.write_low_or_default()),
      history_(spec),
      device_(spec),
      buses_(spec),
      requests_(spec.banks()),
      refresh_(spec, config),
      banks_(static_cast<std::size_t>(spec.banks())),
      idle_(static_cast<std::size_t>(spec.ranks())) {}

std::uint64_t ControllerReplay::rank_banks(unsigned rank) const {
  const auto each = static_cast<unsigned>(spec_.banks() / spec_.ranks());
  const std::uint64_t highest = std::uint64_t{1} << (each - 1);
  return ((highest - 1) | highest) << (rank * each);
}

bool ControllerReplay::has_requests(std::uint64_t banks) const {
  for (std::uint64_t left = banks; left != 0; left &= left - 1) {
    if (!requests_.of_bank(static_cast<unsigned>(std::countr_zero(left))).empty()) {
      return true;
    }
  }
  return false;
}

bool ControllerReplay::may_refresh(unsigned rank) const {
  return refresh_.may_if_unwanted(rank) && !has_requests(refresh_.next_banks(rank));
}

void ControllerReplay::arrive(const LogEvent& arrival) {
  requests_.arrive(arrival);
  version_ += arrival.kind == EventKind::kArrive ? 1 : 0;
}

void ControllerReplay::settle(Cycle cycle) {
  if (refresh_.advance(cycle)) {
    ++version_;
  }
  if (has_direction_) {
    settle_direction();
  }
  if (config_.power_down != dram::PowerDownKind::kNone) {
    settle_idleness(cycle);
  }
}

void ControllerReplay::settle_direction() {
  const std::int64_t reads = requests_.reads();
  const std::int64_t writes = requests_.writes();
  const bool changes = writing_ ? writes == 0 || (writes <= write_low_ && reads > 0)
                                : writes >= write_high_ || (writes > 0 && reads == 0);
  if (changes) {
    writing_ = !writing_;
    ++version_;
  }
}

void ControllerReplay::settle_idleness(Cycle cycle) {
  for (unsigned rank = 0; rank < idle_.size(); ++rank) {
    Idleness& state = idle_[rank];
    const bool idle = !refresh_.must(rank) && !may_refresh(rank) && !has_requests(rank_banks(rank));
    if (!state.idle) {
      // It was not until something changed in this cycle.
      state.busy_until = std::max(state.busy_until, cycle - 1);
    }
    if (!idle) {
      state.busy_until = std::max(state.busy_until, cycle);
    }
    version_ += idle != state.idle ? 1 : 0;
    state.idle = idle;
  }
}

void ControllerReplay::count_overtaking(const LogEvent& event) {
  Bank& bank = banks_[event.bank];
  const auto& requests = requests_.of_bank(event.bank);
  const bool overtakes =
      std::any_of(requests.begin(), requests.end(), [&](const QueuedRequest& other) {
        return other.number < event.number && competes(other) &&
               other.row != device_.open_row(event.bank);
      });
  bank.overtaken += overtakes ? 1 : 0;
}

void ControllerReplay::note_rank(const dram::Command& command, const LogEvent& event) {
  const unsigned rank = device_.rank_of(event.bank);
  if (event.command == refresh_.command()) {
    refresh_.issued(rank, spec_.banks_of(event.command, event.bank));
  }
  if (command.kind == CommandKind::kSelfRefresh || command.kind == CommandKind::kSelfRefreshExit) {
    refresh_.self_refresh(rank, command.kind == CommandKind::kSelfRefresh);
  }
  if (command.kind == CommandKind::kPrechargeAll && idle_[rank].idle &&
      config_.power_down == dram::PowerDownKind::kSelfRefresh) {
    // The first half of entering self-refresh.
    return;
  }
  for (std::uint64_t left = spec_.banks_of(event.command, event.bank); left != 0;
       left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    idle_[device_.rank_of(bank)].busy_until = event.cycle;
  }
}

void ControllerReplay::apply(const LogEvent& event) {
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(event.command)];
  ++version_;
  if (is_column(command)) {
    count_overtaking(event);
    requests_.serve(event.bank, event.number);
  }
  if (is_activate(command)) {
    banks_[event.bank].overtaken = 0;
  }
  if (is_activate(command) || is_column(command)) {
    banks_[event.bank].last_use = event.cycle;
  }
  history_.issue(event.command, event.bank, event.cycle, event.count);
  buses_.issue(event.command, event.bank, event.cycle);
  device_.apply(event.command, event.bank, event.row);
  note_rank(command, event);
}

}  // namespace orrery::memory::checker
