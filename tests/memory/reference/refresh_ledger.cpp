// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/refresh_ledger.h"

#include <algorithm>

#include "tests/memory/reference/constraint_history.h"

namespace orrery::memory::dram::test {

RefreshLedger::RefreshLedger(const Spec& spec, const ControllerConfig& config, int rank)
    : exists_(config.refresh_policy != RefreshPolicyKind::kNone),
      whole_rank_(config.refresh_policy != RefreshPolicyKind::kPerBank),
      command_(spec.command(whole_rank_ ? CommandKind::kRefreshAll : CommandKind::kRefreshBanks)),
      interval_(!whole_rank_ && spec.bank_refresh_interval > 0 ? spec.bank_refresh_interval
                                                               : spec.refresh_interval),
      ranks_on_bus_(std::max(spec.ranks() / spec.data_buses(), 1)),
      max_postponed_(config.refresh_max_postponed),
      max_pulled_in_(config.refresh_max_pulled_in) {
  rank_on_bus_ = rank % ranks_on_bus_;
  const int banks_each = spec.banks() / spec.ranks();
  const ConstraintHistory table(spec);
  for (int bank = rank * banks_each; bank < (rank + 1) * banks_each; ++bank) {
    const std::vector<int>& set = table.banks(command_, bank);
    if (set.front() == bank) {
      sets_.push_back(set);
    }
  }
}

Cycle RefreshLedger::due_cycle(std::int64_t k) const {
  // floor((k R + r + 1) I / R) with I = nREFI, or a share of it for each of U sets.
  const auto sets = static_cast<std::int64_t>(sets_.size());
  return (k * ranks_on_bus_ + rank_on_bus_ + 1) * interval_ / (ranks_on_bus_ * sets);
}

void RefreshLedger::fall_due(Cycle now) {
  while (exists_ && due_cycle(due_) <= now) {
    ++due_;
  }
}

void RefreshLedger::issue() {
  ++issued_;
  next_set_ = (next_set_ + 1) % sets_.size();
}

}  // namespace orrery::memory::dram::test
