// SPDX-License-Identifier: Apache-2.0
// What each command for a request does to the channel.
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

void Channel::issue(int command, unsigned bank, const Request* request, Cycle cycle) {
  timing_.issue(command, bank, cycle);
  idle_since_[rank_of(bank)] = cycle;
  record(command, bank, request, cycle);
}

void Channel::tell(int command, unsigned bank, const Request* request, Cycle cycle) {
  CommandRecord record;
  record.cycle = cycle;
  record.command = command;
  record.bank = bank;
  record.request = kNoRequest;
  if (request != nullptr) {
    const CommandKind kind = spec_.commands[static_cast<std::size_t>(command)].kind;
    const bool column = kind >= CommandKind::kRead && kind <= CommandKind::kWritePrecharge;
    record.row = kind == CommandKind::kPrecharge ? 0 : request->row;
    record.column = column ? map_.column(request->burst) : 0;
    record.request = request->number;
  }
  observer_->command(record);
}

void Channel::after_issue(int command, bool column, Cycle cycle) {
  const Cycle free = cycle + spec_.commands[static_cast<std::size_t>(command)].cycles;
  stale_ |= delayed_elsewhere_[static_cast<std::size_t>(command)];
  pim_stale_ = true;
  stale_ |= keeps_house_ ? kUpkeepKinds : (blocked_ != 0 ? 1U << kRefresh : 0);
  // What could have issued before the bus is free again competes anew, the issued command's kind
  // among it.
  if (column || one_bus_) {
    column_floor_ = free;
    stale_ |= first_column_.cycle < free ? kColumnKinds : 0;
  }
  if (!column || one_bus_) {
    row_floor_ = free;
    if (first_row_.cycle >= free) {
      return;
    }
    stale_ |= first_[kActivate].cycle < free ? 1U << kActivate : 0;
    stale_ |= first_[kPrecharge].cycle < free ? 1U << kPrecharge : 0;
    stale_ |= first_refresh_.cycle < free ? 1U << kRefresh : 0;
    stale_ |= first_house_.cycle < free ? 1U << kHouse : 0;
  }
}

void Channel::issue_column(Cycle cycle) {
  const Kind kind = first_column_kind_;
  const bool is_write = kind >= kWrite;
  const bool closes = kind == kReadClose || kind == kWriteClose;
  const unsigned bank = bank_of(first_column_.tag);
  const int command = command_of(kind);
  const RequestQueue::Index index = hit_[is_write][bank];
  const Request& request = (is_write ? writes_ : reads_).at(index);
  // As a precharge of its own would have been allowed.
  const Cycle closed_at = closes ? std::max(timing_.earliest(commands_[kPrecharge], bank),
                                            cycle + precharge_after_[is_write])
                                 : 0;
  issue(command, bank, &request, cycle);
  after_issue(command, true, cycle);
  last_used_[bank] = cycle;
  if (closes) {
    open_row_[bank] = kClosed;
    open_ &= ~bit(bank);
    ranks_[rank_of(bank)].close_one_at(closed_at);
  }
  served(request, is_write, cycle);
  leave(bank, is_write, index, closes, cycle);
  if (directed_ && direction_would_change()) {
    direction_event_ = cycle + 1;
  }
  if (pim_ && pim_->is_unsettled()) {
    pim_event_ = cycle + 1;
  }
  watch_until_ = cycle + longest_wait_;
  ++calm_;
}

// The request's place is free from the next cycle on.
void Channel::leave(unsigned bank, bool is_write, RequestQueue::Index index, bool closes,
                    Cycle cycle) {
  RequestQueue& requests = is_write ? writes_ : reads_;
  intake_.place_freed();
  full_banks_ &= ~bit(bank);
  if (!simple_) {
    const Request& request = requests.at(index);
    if (config_.controller.hit_cap != 0 && !closes) {
      const Scheduler::Competing others = competing(bank);
      const bool overtook = (others.read != RequestQueue::kNone &&
                             reads_.holds_older_miss(bank, request.row, request.age)) ||
                            (others.write != RequestQueue::kNone &&
                             writes_.holds_older_miss(bank, request.row, request.age));
      overtaken_[bank] += overtook ? 1 : 0;
    }
    requests.remove(index);
    classify_bank(bank);
    stale_ |= kRequestKinds;
    return;
  }
  const auto open_row = static_cast<std::uint32_t>(open_row_[bank]);
  const RequestQueue::Index next = requests.first_hit(requests.at(index).next, open_row);
  requests.remove(index);
  const Kind kind = direction_kind();
  if (next != RequestQueue::kNone) {
    set_hit(kind, bank, next);
    return;
  }
  banks_[kind] &= ~bit(bank);
  const RequestQueue::Index head = requests.head(bank);
  if (head != RequestQueue::kNone) {
    offer(set_row_candidate(bank, requests.at(head).age), bank, cycle);
  }
}

void Channel::issue_row_bus(Kind kind, Cycle cycle) {
  if (kind == kRefresh) {
    issue_upkeep(first_refresh_, cycle);
  } else if (kind == kHouse) {
    issue_upkeep(first_house_, cycle);
  } else if (kind == kActivate) {
    activate(bank_of(first_row_.tag), cycle);
  } else {
    precharge(bank_of(first_row_.tag), cycle);
  }
}

void Channel::activate(unsigned bank, Cycle cycle) {
  const Scheduler::Competing requests = competing(bank);
  const bool is_write = requests.write_is_oldest();
  const RequestQueue::Index index = is_write ? requests.write : requests.read;
  Request& request = (is_write ? writes_ : reads_).at(index);
  issue(commands_[kActivate], bank, &request, cycle);
  if (pim_) {
    row_command_beside_pim(cycle);
  }
  ++request.statistics->activates;
  if (request.first == FirstCommand::kNone) {
    request.first = FirstCommand::kActivate;
  }
  open_row_[bank] = request.row;
  open_ |= bit(bank);
  last_used_[bank] = cycle;
  overtaken_[bank] = 0;
  ranks_[rank_of(bank)].open_one(cycle);
  if (!simple_) {
    classify_bank(bank);
    after_issue(commands_[kActivate], false, cycle);
    stale_ |= kRequestKinds;
    return;
  }
  banks_[kActivate] &= ~bit(bank);
  const Kind column = direction_kind();
  set_hit(column, bank, index);
  after_issue(commands_[kActivate], false, cycle);
  offer(column, bank, cycle + 1);
}

void Channel::precharge(unsigned bank, Cycle cycle) {
  const Scheduler::Competing requests = competing(bank);
  const bool is_write = requests.write_is_oldest();
  Request& request = (is_write ? writes_ : reads_).at(is_write ? requests.write : requests.read);
  issue(commands_[kPrecharge], bank, &request, cycle);
  if (pim_) {
    row_command_beside_pim(cycle);
  }
  if (request.first == FirstCommand::kNone) {
    request.first = FirstCommand::kPrecharge;
  }
  open_row_[bank] = kClosed;
  open_ &= ~bit(bank);
  ranks_[rank_of(bank)].close(1, cycle);
  const Kind next = set_row_candidate(bank, request.age);
  after_issue(commands_[kPrecharge], false, cycle);
  offer(next, bank, cycle + 1);
}

}  // namespace orrery::memory::dram
