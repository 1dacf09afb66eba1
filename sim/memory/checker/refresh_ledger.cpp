// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/refresh_ledger.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::memory::checker {

RefreshLedger::RefreshLedger(const dram::Spec& spec, const dram::ControllerConfig& config)
    : enabled_(config.refresh_policy != dram::RefreshPolicyKind::kNone),
      interval_(config.refresh_policy == dram::RefreshPolicyKind::kPerBank
                    ? spec.bank_refresh_interval
                    : spec.refresh_interval),
      sharing_(std::max(spec.ranks() / spec.data_buses(), 1)),
      most_postponed_(config.refresh_max_postponed),
      most_pulled_in_(config.refresh_max_pulled_in),
      ranks_(static_cast<std::size_t>(spec.ranks())) {
  if (!enabled_) {
    return;
  }
  command_ = spec.command(config.refresh_policy == dram::RefreshPolicyKind::kAllBank
                              ? dram::CommandKind::kRefreshAll
                              : dram::CommandKind::kRefreshBanks);
  base::require_invariant(command_ >= 0, "the spec has the command of its refresh policy");
  const int banks_each = spec.banks() / spec.ranks();
  for (int bank = 0; bank < spec.banks(); ++bank) {
    Rank& rank = ranks_[static_cast<std::size_t>(bank / banks_each)];
    const std::uint64_t banks = spec.banks_of(command_, static_cast<unsigned>(bank));
    if (std::find(rank.sets.begin(), rank.sets.end(), banks) == rank.sets.end()) {
      rank.sets.push_back(banks);
    }
  }
  sets_each_ = static_cast<std::int64_t>(ranks_.front().sets.size());
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    ranks_[r].due = due(0, static_cast<std::int64_t>(r));
    next_due_ = std::min(next_due_, ranks_[r].due);
  }
}

Cycle RefreshLedger::due(std::int64_t k, std::int64_t rank) const {
  const __int128 turns = static_cast<__int128>(k) * sharing_ + rank % sharing_ + 1;
  return static_cast<Cycle>(turns * interval_ / (sharing_ * sets_each_));
}

bool RefreshLedger::advance(Cycle now) {
  if (now < next_due_) {
    return false;
  }
  next_due_ = kNever;
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    Rank& rank = ranks_[r];
    while (rank.due <= now) {
      rank.owed += rank.in_self_refresh ? 0 : 1;
      rank.due = due(++rank.counted, static_cast<std::int64_t>(r));
    }
    next_due_ = std::min(next_due_, rank.due);
  }
  return true;
}

std::uint64_t RefreshLedger::blocked() const {
  std::uint64_t banks = 0;
  for (unsigned rank = 0; rank < ranks_.size(); ++rank) {
    banks |= must(rank) ? next_banks(rank) : 0;
  }
  return banks;
}

void RefreshLedger::issued(unsigned rank, std::uint64_t banks) {
  Rank& r = ranks_[rank];
  --r.owed;
  const auto found = std::find(r.sets.begin(), r.sets.end(), banks);
  if (found != r.sets.end()) {
    r.next_set = static_cast<std::size_t>(found - r.sets.begin() + 1) % r.sets.size();
  }
}

void RefreshLedger::self_refresh(unsigned rank, bool entered) {
  Rank& r = ranks_[rank];
  r.in_self_refresh = entered;
  if (entered) {
    r.owed = 0;
  }
}

}  // namespace orrery::memory::checker
