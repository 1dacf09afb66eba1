// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/command_chooser.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

using dram::CommandKind;
using dram::PagePolicyKind;
using dram::PowerDownKind;
using dram::SchedulerKind;

CommandChooser::CommandChooser(const ControllerReplay& replay)
    : replay_(replay),
      spec_(replay.spec()),
      config_(replay.config()),
      command_{
          spec_.command(CommandKind::kActivate),       spec_.command(CommandKind::kPrecharge),
          spec_.command(CommandKind::kPrechargeAll),   spec_.command(CommandKind::kRead),
          spec_.command(CommandKind::kReadPrecharge),  spec_.command(CommandKind::kWrite),
          spec_.command(CommandKind::kWritePrecharge), spec_.command(CommandKind::kPowerDown),
          spec_.command(CommandKind::kPowerDownExit),  spec_.command(CommandKind::kSelfRefresh),
          spec_.command(CommandKind::kSelfRefreshExit)},
      best_(spec_.command_buses.size()) {
  const int column_bus = spec_.commands[static_cast<std::size_t>(command_.read)].bus;
  bus_order_.push_back(column_bus);
  for (int bus = 0; bus < static_cast<int>(best_.size()); ++bus) {
    if (bus != column_bus) {
      bus_order_.push_back(bus);
    }
  }
}

const CommandChooser::Choice& CommandChooser::first(int bus, Cycle from) {
  // A choice stays what it is until its cycle has come.
  const bool known = version_ == replay_.version() && from >= from_ &&
                     std::all_of(best_.begin(), best_.end(),
                                 [&](const Choice& choice) { return choice.cycle >= from; });
  if (!known) {
    find(from);
  }
  return best_[static_cast<std::size_t>(bus)];
}

void CommandChooser::find(Cycle from) {
  version_ = replay_.version();
  from_ = from;
  std::fill(best_.begin(), best_.end(), Choice{});
  const std::uint64_t blocked = replay_.refresh().blocked();
  for (unsigned rank = 0; rank < replay_.refresh().ranks(); ++rank) {
    offer_rank(rank);
    if (replay_.device().power(rank) != PowerState::kUp) {
      continue;
    }
    for (std::uint64_t left = replay_.rank_banks(rank); left != 0; left &= left - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(left));
      offer_bank(bank, (blocked >> bank & 1U) != 0);
    }
  }
}

void CommandChooser::offer(Precedence precedence, std::uint64_t order, int command, unsigned bank,
                           const QueuedRequest* request, Cycle not_before) {
  const int bus = spec_.commands[static_cast<std::size_t>(command)].bus;
  Choice& best = best_[static_cast<std::size_t>(bus)];
  const auto rank = [](const Choice& choice) {
    return std::tuple(choice.cycle, choice.precedence, choice.order);
  };
  Choice choice;
  choice.cycle = std::max({from_, not_before, replay_.buses().command_bus_free(bus)});
  choice.precedence = precedence;
  choice.order = order;
  if (rank(choice) >= rank(best)) {
    return;
  }
  choice.cycle = std::max(choice.cycle, replay_.history().earliest(command, bank));
  if (rank(choice) >= rank(best)) {
    return;
  }
  choice.command = command;
  choice.bank = bank;
  if (request != nullptr) {
    choice.number = request->number;
    const dram::Command& issued = spec_.commands[static_cast<std::size_t>(command)];
    choice.row = has_row(issued) ? request->row : 0;
    choice.column = has_column(issued) ? request->column : 0;
  }
  best = choice;
}

void CommandChooser::offer_rank(unsigned rank) {
  const PowerState power = replay_.device().power(rank);
  const std::uint64_t banks = replay_.rank_banks(rank);
  const auto lowest = static_cast<unsigned>(std::countr_zero(banks));
  const bool must = replay_.refresh().must(rank);
  if (power != PowerState::kUp) {
    if (must || replay_.has_requests(banks)) {
      offer(kMandatory, rank,
            power == PowerState::kPowerDown ? command_.power_down_exit : command_.self_refresh_exit,
            lowest);
    }
    return;
  }
  if (must) {
    offer_refresh(kMandatory, rank);
  } else if (replay_.may_refresh(rank)) {
    offer_refresh(kOptionalRefresh, rank);
  }
  if (config_.power_down != PowerDownKind::kNone && replay_.idle(rank)) {
    offer_power_down(rank);
  }
}

void CommandChooser::offer_refresh(Precedence precedence, unsigned rank) {
  const std::uint64_t banks = replay_.refresh().next_banks(rank);
  const auto lowest = static_cast<unsigned>(std::countr_zero(banks));
  const int open = replay_.device().first_open(banks);
  const bool whole = config_.refresh_policy == dram::RefreshPolicyKind::kAllBank;
  if (open < 0) {
    offer(precedence, rank, replay_.refresh().command(), lowest);
  } else if (whole) {
    offer(precedence, rank, command_.precharge_all, lowest);
  } else {
    offer(precedence, rank, command_.precharge, static_cast<unsigned>(open));
  }
}

void CommandChooser::offer_power_down(unsigned rank) {
  const std::uint64_t banks = replay_.rank_banks(rank);
  const auto lowest = static_cast<unsigned>(std::countr_zero(banks));
  const Cycle ready = replay_.busy_until(rank) + config_.power_down_idle;
  int command = command_.power_down;
  if (config_.power_down == PowerDownKind::kSelfRefresh) {
    command =
        replay_.device().first_open(banks) >= 0 ? command_.precharge_all : command_.self_refresh;
  }
  offer(kPowerDown, rank, command, lowest, nullptr, ready);
}

CommandChooser::Wishes CommandChooser::wishes_of(unsigned bank) const {
  Wishes wishes;
  const std::int64_t open = replay_.device().open_row(bank);
  for (const QueuedRequest& request : replay_.requests().of_bank(bank)) {
    const bool hit = open == request.row;
    wishes.hits += hit ? 1 : 0;
    if (!replay_.competes(request)) {
      continue;
    }
    if (wishes.oldest == nullptr) {
      wishes.oldest = &request;
    }
    const QueuedRequest*& oldest_hit = request.is_write ? wishes.write_hit : wishes.read_hit;
    if (hit && oldest_hit == nullptr) {
      oldest_hit = &request;
    }
  }
  return wishes;
}

bool CommandChooser::capped(unsigned bank, const Wishes& wishes) const {
  return config_.hit_cap != 0 && wishes.oldest != nullptr &&
         wishes.oldest->row != replay_.device().open_row(bank) &&
         replay_.overtaken(bank) >= config_.hit_cap;
}

bool CommandChooser::closes_row(unsigned bank, const Wishes& wishes) const {
  // The request that is served is one of the hits; what is left over wants another row.
  const bool last_hit = wishes.hits == 1;
  const bool other_wanted = replay_.requests().of_bank(bank).size() > wishes.hits;
  switch (config_.page_policy) {
    case PagePolicyKind::kOpen:
    case PagePolicyKind::kTimeout:
      return false;
    case PagePolicyKind::kOpenAdaptive:
      return last_hit && other_wanted;
    case PagePolicyKind::kClosed:
      return true;
    case PagePolicyKind::kClosedAdaptive:
      return last_hit;
  }
  return false;
}

void CommandChooser::offer_columns(unsigned bank, const Wishes& wishes) {
  const bool closes = closes_row(bank, wishes);
  if (wishes.read_hit != nullptr) {
    offer(kColumn, wishes.read_hit->number, closes ? command_.read_precharge : command_.read, bank,
          wishes.read_hit);
  }
  if (wishes.write_hit != nullptr) {
    offer(kColumn, wishes.write_hit->number, closes ? command_.write_precharge : command_.write,
          bank, wishes.write_hit);
  }
}

void CommandChooser::offer_bank(unsigned bank, bool blocked) {
  const bool open = replay_.device().is_open(bank);
  if (replay_.requests().of_bank(bank).empty() &&
      (!open || config_.page_policy != PagePolicyKind::kTimeout)) {
    return;
  }
  Wishes wishes = wishes_of(bank);
  if (open && config_.page_policy == PagePolicyKind::kTimeout && wishes.hits == 0) {
    offer(kPageTimeout, bank, command_.precharge, bank, nullptr,
          replay_.last_use(bank) + config_.page_timeout);
  }
  if (blocked || wishes.oldest == nullptr) {
    return;
  }
  if (!open) {
    offer(kRow, wishes.oldest->number, command_.activate, bank, wishes.oldest);
    return;
  }
  const bool fifo = config_.scheduler == SchedulerKind::kFifo;
  if (fifo ? wishes.oldest->row != replay_.device().open_row(bank) : capped(bank, wishes)) {
    wishes.read_hit = nullptr;
    wishes.write_hit = nullptr;
  } else if (fifo) {
    (wishes.oldest->is_write ? wishes.read_hit : wishes.write_hit) = nullptr;
  }
  if (wishes.read_hit != nullptr || wishes.write_hit != nullptr) {
    offer_columns(bank, wishes);
  } else {
    offer(kRow, wishes.oldest->number, command_.precharge, bank, wishes.oldest);
  }
}

std::string CommandChooser::describe(const Choice& choice) const {
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(choice.command)];
  std::string text = fmt::format("{} bank {}", command.name, choice.bank);
  if (has_row(command)) {
    text += fmt::format(" row {}", choice.row);
  }
  if (choice.number != kNoNumber) {
    text += fmt::format(" for request {}", choice.number);
  }
  return text;
}

}  // namespace orrery::memory::checker
