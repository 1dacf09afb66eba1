// SPDX-License-Identifier: Apache-2.0
// Commands that no request asks for: refreshes, rows that time out, power-down.
#include <algorithm>
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

Channel::Upkeep Channel::upkeep_of(int command, std::uint64_t banks, std::uint64_t tag,
                                   Cycle floor) const {
  Upkeep result;
  result.cycle = std::max(floor, timing_.earliest_of_banks(command, banks));
  result.tag = tag;
  result.command = command;
  result.banks = banks;
  return result;
}

// The next command on the way to the refresh of the rank's next banks.
Channel::Upkeep Channel::refresh_of(unsigned rank, std::uint64_t tag, Cycle floor) const {
  const RefreshPlan& plan = refreshes_[rank];
  const std::uint64_t open = open_ & plan.banks();
  if (pim_ && pim_->any_further_open(plan.banks())) {
    return further_rows_of(rank, tag, floor);
  }
  if (open == 0) {
    return upkeep_of(plan.command(), plan.banks(), tag, floor);
  }
  const bool whole_rank = plan.banks() == rank_mask(rank) &&
                          config_.controller.refresh_policy == RefreshPolicyKind::kAllBank;
  return whole_rank ? upkeep_of(command_.precharge_all, plan.banks(), tag, floor)
                    : upkeep_of(commands_[kPrecharge], open & -open, tag, floor);
}

// Rows of further buffers are closed before those of the first.
Channel::Upkeep Channel::further_rows_of(unsigned rank, std::uint64_t tag, Cycle floor) const {
  const PimUnit::Choice closing = pim_->close_further(
      refreshes_[rank].banks(), timing_, std::vector<Cycle>(spec_.command_buses.size(), floor));
  Upkeep result;
  result.cycle = closing.cycle;
  result.tag = tag;
  result.command = closing.command;
  result.banks = closing.banks;
  return result;
}

Channel::Upkeep Channel::first_refresh(Cycle floor) const {
  Upkeep first;
  for (unsigned rank = 0; rank < refreshes_.size(); ++rank) {
    const std::uint64_t banks = rank_mask(rank);
    const bool must = refreshes_[rank].must_refresh();
    const std::uint64_t own = tag(kRefreshClass, rank, 0);
    Upkeep candidate;
    if ((down_ & banks) != 0) {
      if (must || (occupied() & banks) != 0) {
        const bool self = ranks_[rank].power() == RankState::Power::kSelfRefresh;
        candidate =
            upkeep_of(self ? command_.self_refresh_exit : command_.power_up, banks, own, floor);
      }
    } else if (must) {
      candidate = refresh_of(rank, own, floor);
    }
    if (candidate.before(first)) {
      first = candidate;
    }
  }
  return first;
}

Channel::Upkeep Channel::first_housekeeping(Cycle floor) const {
  Upkeep first;
  const auto consider = [&first](const Upkeep& candidate) {
    if (candidate.before(first)) {
      first = candidate;
    }
  };
  if (page_policy_->timeout()) {
    for (std::uint64_t left = open_ & ~down_; left != 0; left &= left - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(left));
      const auto row = static_cast<std::uint32_t>(open_row_[bank]);
      if (reads_.first_hit(reads_.head(bank), row) == RequestQueue::kNone &&
          writes_.first_hit(writes_.head(bank), row) == RequestQueue::kNone) {
        consider(upkeep_of(commands_[kPrecharge], bit(bank), tag(kHouseClass, kTimeout, bank),
                           std::max(floor, last_used_[bank] + *page_policy_->timeout())));
      }
    }
  }
  for (unsigned rank = 0; rank < refreshes_.size(); ++rank) {
    const RefreshPlan& plan = refreshes_[rank];
    const std::uint64_t banks = rank_mask(rank);
    // A refresh that need not be would close the rows of programs.
    if ((down_ & banks) != 0 || plan.must_refresh() || (pim_ && !pim_->idle())) {
      continue;
    }
    const unsigned lowest = rank << rank_shift_;
    if (plan.command() >= 0 && plan.may_refresh()) {
      if ((occupied() & plan.banks()) == 0) {
        consider(refresh_of(rank, tag(kHouseClass, kEarlyRefresh, lowest), floor));
      }
    } else if ((occupied() & banks) == 0) {
      consider(idle_command(rank, floor));
    }
  }
  return first;
}

Channel::Upkeep Channel::idle_command(unsigned rank, Cycle floor) const {
  const std::uint64_t banks = rank_mask(rank);
  const Cycle from = std::max(floor, idle_since_[rank] + config_.controller.power_down_idle);
  const std::uint64_t own = tag(kHouseClass, kIdle, rank << rank_shift_);
  switch (config_.controller.power_down) {
    case PowerDownKind::kPowerDown:
      return upkeep_of(command_.power_down, banks, own, from);
    case PowerDownKind::kSelfRefresh:
      return upkeep_of((open_ & banks) != 0 ? command_.precharge_all : command_.self_refresh, banks,
                       own, from);
    case PowerDownKind::kNone:
      break;
  }
  return {};
}

void Channel::close_banks(std::uint64_t banks, Cycle cycle) {
  const std::uint64_t open = open_ & banks;
  ranks_[rank_of(static_cast<unsigned>(std::countr_zero(banks)))].close(std::popcount(open), cycle);
  open_ &= ~banks;
  for (std::uint64_t left = open; left != 0; left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    open_row_[bank] = kClosed;
    classify_bank(bank);
  }
}

// Sets of banks may be as large as a rank: what a command is for follows from its kind.
void Channel::issue_upkeep(Upkeep upkeep, Cycle cycle) {
  const auto lowest = static_cast<unsigned>(std::countr_zero(upkeep.banks));
  const unsigned rank = rank_of(lowest);
  const Command& command = spec_.commands[static_cast<std::size_t>(upkeep.command)];
  const bool to_sleep = upkeep.tag >> kBankBits == tag(kHouseClass, kIdle, 0) >> kBankBits;
  timing_.issue_to_banks(upkeep.command, upkeep.banks, cycle);
  record(upkeep.command, lowest, nullptr, cycle);
  switch (command.kind) {
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
      close_banks(upkeep.banks, cycle);
      break;
    case CommandKind::kRefreshAll:
      ranks_[rank].refresh(cycle, spec_.refresh_cycles);
      refreshed(rank, cycle);
      break;
    case CommandKind::kRefreshBanks:
      ranks_[rank].count_refresh();
      refreshed(rank, cycle);
      break;
    case CommandKind::kPimPrecharge:
      ++repetitions_[static_cast<std::size_t>(upkeep.command)];
      apply_pim({cycle, upkeep.command, false, {}, upkeep.banks}, cycle);
      break;
    case CommandKind::kPowerDown:
      set_power(rank, RankState::Power::kPowerDown, cycle);
      break;
    case CommandKind::kSelfRefresh:
      set_power(rank, RankState::Power::kSelfRefresh, cycle);
      refreshes_[rank].forget_owed();
      break;
    case CommandKind::kPowerDownExit:
    case CommandKind::kSelfRefreshExit:
      set_power(rank, RankState::Power::kUp, cycle);
      break;
    default:
      break;
  }
  // The way into self-refresh does not end the idleness.
  if (!to_sleep || (down_ & upkeep.banks) != 0) {
    idle_since_[rank] = cycle;
  }
  after_issue(upkeep.command, false, cycle);
  stale_ = kAllKinds;
}

// Which banks must be refreshed is asked again in the next cycle.
void Channel::refreshed(unsigned rank, Cycle cycle) {
  refreshes_[rank].refreshed();
  next_refresh_due_ = cycle + 1;
}

void Channel::set_power(unsigned rank, RankState::Power power, Cycle cycle) {
  ranks_[rank].set_power(power, cycle);
  down_ = power == RankState::Power::kUp ? down_ & ~rank_mask(rank) : down_ | rank_mask(rank);
}

}  // namespace orrery::memory::dram
