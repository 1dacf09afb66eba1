// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/refresh_plan.h"

#include <algorithm>

namespace orrery::memory::dram {

RefreshPlan::RefreshPlan(const Spec& spec, const ControllerConfig& config, int rank)
    : interval_(config.refresh_policy == RefreshPolicyKind::kPerBank ? spec.bank_refresh_interval
                                                                     : spec.refresh_interval),
      ranks_(std::max(spec.ranks() / spec.data_buses(), 1)),
      rank_(rank % ranks_),
      max_postponed_(config.refresh_max_postponed),
      max_pulled_in_(config.refresh_max_pulled_in) {
  if (config.refresh_policy == RefreshPolicyKind::kNone) {
    return;
  }
  command_ = spec.command(config.refresh_policy == RefreshPolicyKind::kAllBank
                              ? CommandKind::kRefreshAll
                              : CommandKind::kRefreshBanks);
  const int banks_each = spec.banks() / spec.ranks();
  std::uint64_t seen = 0;
  for (int bank = rank * banks_each; bank < (rank + 1) * banks_each; ++bank) {
    const std::uint64_t set = spec.banks_of(command_, static_cast<unsigned>(bank));
    if ((seen & set) == 0) {
      sets_.push_back(set);
      seen |= set;
    }
  }
  next_due_ = due(0);
}

Cycle RefreshPlan::due(std::int64_t number) const {
  const __int128 share = static_cast<__int128>(number) * ranks_ + rank_ + 1;
  return static_cast<Cycle>(share * interval_ / (ranks_ * static_cast<std::int64_t>(sets_.size())));
}

void RefreshPlan::pass(Cycle cycle, bool counts) {
  while (next_due_ <= cycle) {
    owed_ += counts ? 1 : 0;
    next_due_ = due(++next_);
  }
}

}  // namespace orrery::memory::dram
