// SPDX-License-Identifier: Apache-2.0
// What a channel does for programs in its banks, beside serving its requests.
#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.h"
#include "memory/dram/channel.h"

namespace orrery::memory::dram {

void Channel::submit_pim(PimProgram program, Cycle arrival) {
  base::require_invariant(arrival >= horizon_, "no program arrives in the committed past");
  base::require_invariant(pim_ != nullptr, "only a memory with PIM commands has programs",
                          spec_.name);
  if (in_stretch_) {
    end_stretch();
  }
  pim_event_ = std::min(pim_event_, arrival);
  pim_->submit(std::move(program), arrival);
}

bool Channel::pim_waits_for_writes() const {
  if (!pim_->may_wait_for_writes()) {
    return false;
  }
  for (RequestQueue::Index i = writes_.oldest(); i != RequestQueue::kNone;
       i = writes_.at(i).younger) {
    const Request& write = writes_.at(i);
    if (pim_->waits_for_write(write.number, write.bank, write.row)) {
      return true;
    }
  }
  return false;
}

void Channel::settle_pim(Cycle cycle) {
  pim_->arrive(cycle, arrivals_);
  PimUnit::Memory memory;
  memory.empty = reads_.empty() && writes_.empty();
  memory.must_refresh = blocked_ != 0;
  memory.must_write = pim_waits_for_writes();
  for (const RefreshPlan& plan : refreshes_) {
    memory.next_refresh = std::min(memory.next_refresh, plan.next_due());
  }
  pim_->settle(cycle, memory);
  pim_event_ = pim_->next_arrival();
  pim_stale_ = true;
  stale_ = kAllKinds;
  if (directed_ && direction_would_change()) {
    direction_event_ = cycle + 1;
  }
}

// A row command for a request uses up slack, and changes what waiting work needs.
void Channel::row_command_beside_pim(Cycle cycle) {
  pim_->spend_slack();
  stale_ = kAllKinds;
  if (pim_->is_unsettled()) {
    pim_event_ = cycle + 1;
  }
}

void Channel::choose_pim(Cycle floor) {
  if (!pim_stale_) {
    return;
  }
  pim_stale_ = false;
  if (blocked_ != 0) {
    pim_choice_ = {};
    return;
  }
  for (std::size_t bus = 0; bus < bus_floors_.size(); ++bus) {
    const bool columns = one_bus_ || static_cast<int>(bus) == column_bus_;
    bus_floors_[bus] = std::max(floor, columns ? column_floor_ : row_floor_);
  }
  pim_choice_ = pim_->choose(timing_, bus_floors_);
}

std::uint64_t Channel::withheld(Kind kind) const {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  if (!pim_) {
    return 0;
  }
  if (pim_->holds_memory_back()) {
    return kAll;
  }
  std::uint64_t banks = pim_->held_banks();
  if (kind == kPrecharge && pim_->lacks_slack(config_.controller.pim_slack_precharge)) {
    return kAll;
  }
  if (kind == kActivate) {
    if (pim_->lacks_slack(config_.controller.pim_slack_activate)) {
      return kAll;
    }
    for (std::uint64_t left = banks_[kActivate]; left != 0; left &= left - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(left));
      const Scheduler::Competing requests = competing(bank);
      const bool owned = pim_->owns(bank, static_cast<std::int64_t>(requests.oldest().row));
      banks |= owned ? left & -left : 0;
    }
  }
  return banks;
}

void Channel::close_memory_rows(std::uint64_t banks, Cycle cycle) {
  for (unsigned rank = 0; rank < ranks_.size(); ++rank) {
    const std::uint64_t here = banks & open_ & rank_mask(rank);
    if (here != 0) {
      close_banks(here, cycle);
    }
  }
}

// For the account of the ranks of these banks.
void Channel::note_further_rows(std::uint64_t banks, Cycle cycle) {
  for (unsigned rank = 0; rank < ranks_.size(); ++rank) {
    if ((banks & rank_mask(rank)) != 0) {
      ranks_[rank].set_further_open(pim_->any_further_open(rank_mask(rank)), cycle);
    }
  }
}

// What the command does to the rows.
void Channel::apply_pim(const PimUnit::Choice& choice, Cycle cycle) {
  const Command& command = spec_.commands[static_cast<std::size_t>(choice.command)];
  const bool opens =
      command.kind == CommandKind::kActivate || command.kind == CommandKind::kPimActivate;
  const bool closes = command.kind == CommandKind::kPrecharge ||
                      command.kind == CommandKind::kPrechargeAll ||
                      command.kind == CommandKind::kPimPrecharge;
  if (command.row_buffer == 0 && closes) {
    close_memory_rows(choice.banks, cycle);
  }
  if (command.row_buffer == 0 && opens) {
    for (std::uint64_t left = choice.banks; left != 0; left &= left - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(left));
      open_row_[bank] = static_cast<std::int64_t>(choice.operands.row);
      open_ |= left & -left;
      last_used_[bank] = cycle;
      overtaken_[bank] = 0;
      ranks_[rank_of(bank)].open_one(cycle);
      classify_bank(bank);
    }
  }
  const std::uint32_t layer = pim_->has_program() ? pim_->layer() : 0;
  AccessStatistics& statistics = layer_statistics(layer);
  if (choice.is_step) {
    ++statistics.pim_steps;
    statistics.pim_bytes_in += static_cast<std::uint64_t>(command.bytes_in) * choice.operands.count;
    statistics.pim_bytes_out += static_cast<std::uint64_t>(command.bytes_out);
  } else {
    ++statistics.pim_row_commands;
  }
  const auto completion = pim_->issued(choice, cycle);
  if (command.row_buffer > 0 && (opens || closes)) {
    note_further_rows(choice.banks, cycle);
  }
  if (completion) {
    completions_.slice_done(completion->ticket, completion->initiator, completion->cycle);
  }
  if (directed_ && direction_would_change()) {
    direction_event_ = cycle + 1;
  }
  if (pim_->is_unsettled()) {
    pim_event_ = cycle + 1;
  }
}

void Channel::issue_pim(Cycle cycle) {
  const PimUnit::Choice choice = pim_choice_;
  timing_.issue_to_nodes(choice.command, choice.banks, cycle, choice.operands.count);
  for (unsigned rank = 0; rank < ranks_.size(); ++rank) {
    idle_since_[rank] = (choice.banks & rank_mask(rank)) != 0 ? cycle : idle_since_[rank];
  }
  const auto index = static_cast<std::size_t>(choice.command);
  ++command_counts_[index];
  repetitions_[index] += choice.operands.count;
  if (observer_ != nullptr) {
    CommandRecord record;
    record.cycle = cycle;
    record.command = choice.command;
    record.bank = static_cast<std::uint32_t>(std::countr_zero(choice.banks));
    record.row = choice.operands.row;
    record.column = choice.operands.column;
    record.request = kNoRequest;
    record.count = choice.operands.count;
    observer_->command(record);
  }
  const bool columns = pim_bus() == column_bus_;
  apply_pim(choice, cycle);
  after_issue(choice.command, columns, cycle);
  stale_ = kAllKinds;
  watch_until_ = cycle + longest_wait_;
}

}  // namespace orrery::memory::dram
