// SPDX-License-Identifier: Apache-2.0
// What each command does to the channel.
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

void Channel::issue(int command, unsigned bank, const Request* request, Cycle cycle) {
  timing_.issue(command, bank, cycle);
  ++command_counts_[static_cast<std::size_t>(command)];
  if (observer_ != nullptr) {
    CommandRecord record;
    record.cycle = cycle;
    record.command = command;
    record.bank = bank;
    record.request = kNoRequest;
    if (request != nullptr) {
      const CommandKind kind = spec_.commands[static_cast<std::size_t>(command)].kind;
      const bool column = kind == CommandKind::kRead || kind == CommandKind::kWrite;
      record.row = kind == CommandKind::kPrecharge ? 0 : request->row;
      record.column = column ? map_.column(request->burst) : 0;
      record.request = request->number;
    }
    observer_->command(record);
  }
}

void Channel::after_issue(int command, bool column, Cycle cycle) {
  const Cycle free = cycle + spec_.commands[static_cast<std::size_t>(command)].cycles;
  stale_ |= delayed_elsewhere_[static_cast<std::size_t>(command)];
  // What could have issued before the bus is free again competes anew, the issued command's kind
  // among it.
  if (column || one_bus_) {
    column_floor_ = free;
    stale_ |= first_[kColumn].cycle < free ? 1U << kColumn : 0;
  }
  if (!column || one_bus_) {
    row_floor_ = free;
    if (first_row_cycle_ >= free) {
      return;
    }
    for (const Kind kind : {kActivate, kPrecharge, kRefresh}) {
      stale_ |= first_[kind].cycle < free ? 1U << kind : 0;
    }
  }
}

void Channel::issue_column(Cycle cycle) {
  const unsigned bank = bank_of(first_[kColumn].tag);
  const int command = column_command();
  RequestQueue& requests = queue();
  const RequestQueue::Index index = hit_[bank];
  const Request& request = requests.at(index);
  issue(command, bank, &request, cycle);
  after_issue(command, true, cycle);

  AccessStatistics& statistics = *request.statistics;
  switch (request.first) {
    case FirstCommand::kNone:
      ++statistics.row_hits;
      break;
    case FirstCommand::kActivate:
      ++statistics.row_misses;
      break;
    case FirstCommand::kPrecharge:
      ++statistics.row_conflicts;
      break;
  }
  if (direction_ == kReading) {
    const Cycle done = cycle + read_cycles_;
    const Cycle latency = done - request.arrival;
    statistics.read_latency_sum += static_cast<std::uint64_t>(latency);
    statistics.read_latency.add(latency);
    intake_.read_done(request.slice, done);
  } else {
    intake_.place_freed();
  }

  const auto open_row = static_cast<std::uint32_t>(open_row_[bank]);
  const RequestQueue::Index next = requests.first_hit(request.next, open_row);
  requests.remove(index);
  if (direction_would_change()) {
    direction_event_ = cycle + 1;
  }
  if (next != RequestQueue::kNone) {
    set_hit(bank, next);
    return;
  }
  banks_[kColumn] &= ~(std::uint64_t{1} << bank);
  if (requests.head(bank) != RequestQueue::kNone) {
    offer(set_row_candidate(bank), bank, cycle);
  }
}

void Channel::issue_row(Kind kind, Cycle cycle) {
  const unsigned bank = bank_of(first_[kind].tag);
  if (kind == kActivate) {
    activate(bank, cycle);
  } else if (kind == kPrecharge) {
    precharge(bank, cycle);
  } else if (ranks_[rank_of(bank)].open_banks() > 0) {
    precharge_rank(rank_of(bank), cycle);
  } else {
    refresh(rank_of(bank), cycle);
  }
}

void Channel::activate(unsigned bank, Cycle cycle) {
  const RequestQueue::Index index = queue().head(bank);
  Request& request = queue().at(index);
  issue(command_.activate, bank, &request, cycle);
  ++request.statistics->activates;
  if (request.first == FirstCommand::kNone) {
    request.first = FirstCommand::kActivate;
  }
  open_row_[bank] = request.row;
  ranks_[rank_of(bank)].open_one(cycle);
  banks_[kActivate] &= ~(std::uint64_t{1} << bank);
  set_hit(bank, index);
  after_issue(command_.activate, false, cycle);
  offer(kColumn, bank, cycle + 1);
}

void Channel::precharge(unsigned bank, Cycle cycle) {
  Request& request = queue().at(queue().head(bank));
  issue(command_.precharge, bank, &request, cycle);
  if (request.first == FirstCommand::kNone) {
    request.first = FirstCommand::kPrecharge;
  }
  open_row_[bank] = kClosed;
  ranks_[rank_of(bank)].close(1, cycle);
  const Kind next = set_row_candidate(bank);
  after_issue(command_.precharge, false, cycle);
  offer(next, bank, cycle + 1);
}

void Channel::precharge_rank(unsigned rank, Cycle cycle) {
  const std::uint64_t banks = rank_mask(rank);
  const auto first = static_cast<unsigned>(std::countr_zero(banks));
  issue(command_.precharge_all, first, nullptr, cycle);
  ranks_[rank].close(ranks_[rank].open_banks(), cycle);
  for (std::uint64_t left = banks; left != 0; left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    open_row_[bank] = kClosed;
    banks_[kColumn] &= ~(std::uint64_t{1} << bank);
    if (queue().head(bank) != RequestQueue::kNone) {
      set_row_candidate(bank);
    }
  }
  after_issue(command_.precharge_all, false, cycle);
  stale_ = kAllKinds;
}

void Channel::refresh(unsigned rank, Cycle cycle) {
  const std::uint64_t banks = rank_mask(rank);
  issue(command_.refresh, static_cast<unsigned>(std::countr_zero(banks)), nullptr, cycle);
  ranks_[rank].refresh(cycle, spec_.refresh_cycles);
  after_issue(command_.refresh, false, cycle);
  stale_ = kAllKinds;
  refreshes_[rank].advance();
  if (refreshes_[rank].due() > cycle) {
    blocked_ &= ~banks;
    next_refresh_due_ = std::min(next_refresh_due_, refreshes_[rank].due());
  }
}

}  // namespace orrery::memory::dram
