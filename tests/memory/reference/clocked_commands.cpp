// SPDX-License-Identifier: Apache-2.0
// What the clocked controller may issue, in the order of the page's list, and what that does.
#include <algorithm>

#include "base/error.h"
#include "tests/memory/reference/clocked_controller.h"

namespace orrery::memory::dram::test {

bool ClockedController::leave_power_down(int bus, int r) {
  if (!queued_for_rank(r) && !must_refresh(r)) {
    return false;
  }
  const int exit = spec_.command(rank(r).power == Power::kDown ? CommandKind::kPowerDownExit
                                                               : CommandKind::kSelfRefreshExit);
  return offer(bus, exit, banks_of_rank(r).front());
}

bool ClockedController::refresh_rank(int bus, int r) {
  const std::vector<int>& set = ledger(r).banks();
  const std::optional<int> open = lowest_open(set);
  const bool whole_rank = ledger(r).whole_rank();
  const std::vector<PimOrder> closing = pim_.closing(set);
  if (!closing.empty()) {
    return send_first(bus, closing);
  }
  const int close =
      spec_.command(whole_rank ? CommandKind::kPrechargeAll : CommandKind::kPrecharge);
  const int addressed = open && !whole_rank ? *open : set.front();
  return offer(bus, open ? close : ledger(r).command(), addressed);
}

bool ClockedController::refresh_what_must(int bus) {
  for (int r = 0; r < spec_.ranks(); ++r) {
    const bool up = rank(r).power == Power::kUp;
    if (up ? must_refresh(r) && refresh_rank(bus, r) : leave_power_down(bus, r)) {
      return true;
    }
  }
  return false;
}

bool ClockedController::refresh_what_may(int bus) {
  if (pim_.withholds_optional_refresh()) {
    return false;
  }
  for (int r = 0; r < spec_.ranks(); ++r) {
    if (rank(r).power == Power::kUp && may_refresh(r) && refresh_rank(bus, r)) {
      return true;
    }
  }
  return false;
}

bool ClockedController::serve_column(int bus) {
  for (const Entry& entry : queue_) {
    if (!competes(entry) || out_of_reach(entry.bank) || !may_have_column(entry) ||
        pim_.withholds_all() || pim_.withholds_bank(entry.bank)) {
      continue;
    }
    const bool closes = closes_row(entry);
    const int column =
        spec_.command(entry.is_write ? (closes ? CommandKind::kWritePrecharge : CommandKind::kWrite)
                                     : (closes ? CommandKind::kReadPrecharge : CommandKind::kRead));
    if (offer(bus, column, entry.bank, entry)) {
      return true;
    }
  }
  return false;
}

bool ClockedController::serve_row(int bus) {
  for (const Entry& entry : queue_) {
    if (out_of_reach(entry.bank) || oldest_competing(entry.bank) != &entry || hits(entry) ||
        pim_.withholds_all() || pim_.withholds_bank(entry.bank)) {
      continue;
    }
    const bool open = this->bank(entry.bank).row.has_value();
    if (open ? pim_.withholds_precharge() : pim_.withholds_activate(entry.bank, entry.row)) {
      continue;
    }
    const bool column_first =
        open && std::any_of(queue_.begin(), queue_.end(), [&](const Entry& other) {
          return other.bank == entry.bank && competes(other) && may_have_column(other);
        });
    const int row = spec_.command(open ? CommandKind::kPrecharge : CommandKind::kActivate);
    if (!column_first && offer(bus, row, entry.bank, entry)) {
      pim_.row_command_of_memory();
      return true;
    }
  }
  return false;
}

bool ClockedController::close_by_timeout(int bus) {
  if (controller_.page_policy != PagePolicyKind::kTimeout) {
    return false;
  }
  for (int index = 0; index < spec_.banks(); ++index) {
    const bool wanted = std::any_of(queue_.begin(), queue_.end(), [&](const Entry& entry) {
      return entry.bank == index && hits(entry);
    });
    if (rank(rank_of(index)).power == Power::kUp && bank(index).row && !wanted &&
        now_ - bank(index).last_use >= controller_.page_timeout &&
        offer(bus, spec_.command(CommandKind::kPrecharge), index)) {
      return true;
    }
  }
  return false;
}

bool ClockedController::enter_power_down(int bus) {
  if (controller_.power_down == PowerDownKind::kNone) {
    return false;
  }
  for (int r = 0; r < spec_.ranks(); ++r) {
    if (rank(r).power != Power::kUp || now_ - rank(r).busy < controller_.power_down_idle) {
      continue;
    }
    const std::vector<int> banks = banks_of_rank(r);
    CommandKind next = CommandKind::kPowerDown;
    if (controller_.power_down == PowerDownKind::kSelfRefresh) {
      next = lowest_open(banks) ? CommandKind::kPrechargeAll : CommandKind::kSelfRefresh;
    }
    const Cycle busy = rank(r).busy;
    if (offer(bus, spec_.command(next), banks.front())) {
      // The PREA is part of going idle, not work.
      rank(r).busy = busy;
      return true;
    }
  }
  return false;
}

bool ClockedController::offer(int bus, int index, int bank, std::optional<Entry> request) {
  if (command(index).bus != bus || !table_.allowed(index, bank, now_)) {
    return false;
  }
  const CommandKind kind = command(index).kind;
  const bool column = kind == CommandKind::kRead || kind == CommandKind::kReadPrecharge ||
                      kind == CommandKind::kWrite || kind == CommandKind::kWritePrecharge;
  CommandRecord record;
  record.cycle = now_;
  record.command = index;
  record.bank = static_cast<std::uint32_t>(bank);
  record.row =
      column || kind == CommandKind::kActivate ? static_cast<std::uint32_t>(request->row) : 0;
  record.column = column ? static_cast<std::uint32_t>(request->column) : 0;
  record.request = request ? request->number : kNoRequest;
  log_.command(record);
  ++command_counts_[static_cast<std::size_t>(index)];
  bus_free_[static_cast<std::size_t>(bus)] = now_ + command(index).cycles;
  act(index, bank, request);
  table_.issue(index, bank, now_);
  return true;
}

void ClockedController::act(int index, int addressed, const std::optional<Entry>& request) {
  const int r = rank_of(addressed);
  rank(r).busy = now_;
  const CommandKind kind = command(index).kind;
  switch (kind) {
    case CommandKind::kActivate:
      bank(addressed).row = request->row;
      bank(addressed).last_use = now_;
      bank(addressed).overtakes = 0;
      ++layer(request->layer).activates;
      break;
    case CommandKind::kPrecharge:
    case CommandKind::kPrechargeAll:
      for (const int closed : table_.banks(index, addressed)) {
        bank(closed).row.reset();
      }
      break;
    case CommandKind::kRead:
    case CommandKind::kReadPrecharge:
    case CommandKind::kWrite:
    case CommandKind::kWritePrecharge:
      serve(index, *request);
      return;
    case CommandKind::kRefreshAll:
      rank(r).refreshed_until = now_ + spec_.refresh_cycles;
      [[fallthrough]];
    case CommandKind::kRefreshBanks:
      ledger(r).issue();
      ++rank(r).account.refreshes;
      break;
    case CommandKind::kPowerDown:
      rank(r).power = Power::kDown;
      break;
    case CommandKind::kSelfRefresh:
      rank(r).power = Power::kSelfRefresh;
      ledger(r).forget();
      break;
    case CommandKind::kPowerDownExit:
    case CommandKind::kSelfRefreshExit:
      rank(r).power = Power::kUp;
      break;
    case CommandKind::kPimActivate:
    case CommandKind::kPimPrecharge:
    case CommandKind::kPimCompute:
    case CommandKind::kPimMove:
    case CommandKind::kPimControl:
    case CommandKind::kPimHeader:
    case CommandKind::kOther:
      base::require_invariant(false, "only commands with a meaning are issued");
  }
  for (Entry& entry : queue_) {
    if (request && entry.number == request->number && !entry.first) {
      entry.first = kind;
    }
  }
}

void ClockedController::serve(int index, const Entry& request) {
  AccessStatistics& statistics = layer(request.layer);
  ++(!request.first                             ? statistics.row_hits
     : *request.first == CommandKind::kActivate ? statistics.row_misses
                                                : statistics.row_conflicts);
  Bank& served = bank(request.bank);
  const bool overtakes = std::any_of(queue_.begin(), queue_.end(), [&](const Entry& other) {
    return other.bank == request.bank && other.number < request.number && competes(other) &&
           other.row != request.row;
  });
  served.overtakes += overtakes ? 1 : 0;
  served.last_use = now_;
  const CommandKind kind = command(index).kind;
  if (kind == CommandKind::kReadPrecharge || kind == CommandKind::kWritePrecharge) {
    // The automatic precharge begins when the table would have allowed a PRE after the same command
    // without it.
    const int plain = spec_.command(request.is_write ? CommandKind::kWrite : CommandKind::kRead);
    served.closing_until =
        table_.earliest(spec_.command(CommandKind::kPrecharge), request.bank, plain, now_);
    served.row.reset();
  }
  const std::uint64_t number = request.number;
  const bool is_write = request.is_write;
  queue_.erase(std::find_if(queue_.begin(), queue_.end(),
                            [&](const Entry& entry) { return entry.number == number; }));
  if (!is_write) {
    data_ends(number, now_ + spec_.read_latency + spec_.burst_cycles);
  }
}

bool ClockedController::competes(const Entry& entry) const {
  return !controller_.has_direction() || entry.is_write == writing_;
}

const ClockedController::Entry* ClockedController::oldest_competing(int index) const {
  for (const Entry& entry : queue_) {
    if (entry.bank == index && competes(entry)) {
      return &entry;
    }
  }
  return nullptr;
}

bool ClockedController::hits(const Entry& entry) const {
  return bank(entry.bank).row == entry.row;
}

bool ClockedController::capped(int index) const {
  const Entry* oldest = oldest_competing(index);
  return controller_.hit_cap != 0 && oldest != nullptr && !hits(*oldest) &&
         bank(index).overtakes >= controller_.hit_cap;
}

bool ClockedController::may_have_column(const Entry& entry) const {
  if (!hits(entry)) {
    return false;
  }
  return controller_.scheduler == SchedulerKind::kFifo ? oldest_competing(entry.bank) == &entry
                                                       : !capped(entry.bank);
}

bool ClockedController::closes_row(const Entry& entry) const {
  bool left_hits = false;
  bool left_other_row = false;
  for (const Entry& left : queue_) {
    if (left.bank == entry.bank && left.number != entry.number) {
      (left.row == entry.row ? left_hits : left_other_row) = true;
    }
  }
  switch (controller_.page_policy) {
    case PagePolicyKind::kClosed:
      return true;
    case PagePolicyKind::kClosedAdaptive:
      return !left_hits;
    case PagePolicyKind::kOpenAdaptive:
      return !left_hits && left_other_row;
    case PagePolicyKind::kOpen:
    case PagePolicyKind::kTimeout:
      break;
  }
  return false;
}

bool ClockedController::out_of_reach(int index) const {
  return (blocked_ >> index & 1U) != 0 || rank(rank_of(index)).power != Power::kUp;
}

bool ClockedController::queued_for(const std::vector<int>& banks) const {
  return std::any_of(queue_.begin(), queue_.end(), [&](const Entry& entry) {
    return std::find(banks.begin(), banks.end(), entry.bank) != banks.end();
  });
}

bool ClockedController::queued_for_rank(int r) const {
  return std::any_of(queue_.begin(), queue_.end(),
                     [&](const Entry& entry) { return rank_of(entry.bank) == r; });
}

bool ClockedController::must_refresh(int r) const {
  return ledger(r).must();
}

bool ClockedController::may_refresh(int r) const {
  return ledger(r).may() && !queued_for(ledger(r).banks());
}

std::optional<int> ClockedController::lowest_open(const std::vector<int>& banks) const {
  const auto open =
      std::find_if(banks.begin(), banks.end(), [this](int each) { return bank(each).row; });
  return open == banks.end() ? std::nullopt : std::optional<int>(*open);
}

std::vector<int> ClockedController::banks_of_rank(int r) const {
  const int each = spec_.banks() / spec_.ranks();
  std::vector<int> banks;
  for (int index = r * each; index < (r + 1) * each; ++index) {
    banks.push_back(index);
  }
  return banks;
}

}  // namespace orrery::memory::dram::test
