// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/read_timing.h"

#include <bit>

namespace orrery::memory::dram {

ReadTiming::ReadTiming(const TimingTable& table, const Commands& commands, unsigned ranks,
                       unsigned rank_shift)
    : commands_(commands),
      rows_{&table.row(commands[kColumn]), &table.row(commands[kActivate]),
            &table.row(commands[kPrecharge])},
      rank_count_(ranks),
      rank_shift_(rank_shift),
      group_shift_(rank_shift),
      histories_(ranks) {
  suits_ = ranks <= kMostRanks;
  for (const TimingTable::CommandRow* row : rows_) {
    for (std::size_t i = row->rank_sites; i < row->shared_sites; ++i) {
      group_shift_ = std::min(group_shift_, row->sites[i].shift);
    }
  }
  groups_each_ = 1U << (rank_shift_ - group_shift_);
  rank_delay_.fill(kNone);
  other_rank_delay_.fill(kNone);
  for (unsigned need = 0; need < kReadNeeds; ++need) {
    bank_delay_[need].fill(kNone);
    group_delay_[need].assign(std::size_t{groups_each_} * groups_each_, kNone);
  }
  for (unsigned need = 0; need < kReadNeeds && suits_; ++need) {
    const auto plain = [&](const auto& effect) {
      return for_each_later(effect.site, [&](unsigned later, std::size_t site) {
        return add(need, later, effect, site);
      });
    };
    const TimingTable::CommandRow& row = *rows_[need];
    suits_ = std::all_of(row.effects.begin(), row.effects.end(), plain) &&
             std::all_of(row.sibling_effects.begin(), row.sibling_effects.end(), plain) &&
             std::all_of(row.window_effects.begin(), row.window_effects.end(),
                         [&](const auto& effect) { return add(need, effect); });
  }
}

// Calls visit(need, index of the site) for the command that waits for the site, if it is one of
// ours.
template <class Site, class Visit>
bool ReadTiming::for_each_later(const Site& site, Visit visit) const {
  for (unsigned later = 0; later < kReadNeeds; ++later) {
    const std::vector<TimingTable::Site>& sites = rows_[later]->sites;
    for (std::size_t i = 0; i < sites.size(); ++i) {
      if (sites[i].base == site.base && sites[i].shift == site.shift) {
        return visit(later, i);
      }
    }
  }
  return true;
}

bool ReadTiming::add(unsigned need, unsigned later, const TimingTable::Effect& effect,
                     std::size_t site) {
  if (site >= rows_[later]->shared_sites) {
    raise(bank_delay_[need][later], effect.delay);
    const bool column = need == kColumn && later != kActivate;
    return column || need == kActivate || (need == kPrecharge && later == kActivate);
  }
  if (need != later) {
    return false;
  }
  if (site >= rows_[later]->rank_sites) {
    spread(need, effect.site.shift, 1, effect.delay);
    return true;
  }
  raise(rank_delay_[need], effect.delay);
  if (effect.site.shift > rank_shift_) {
    raise(other_rank_delay_[need], effect.delay);
  }
  return true;
}

bool ReadTiming::add(unsigned need, unsigned later, const TimingTable::SiblingEffect& effect,
                     std::size_t site) {
  if (need != later || site >= rows_[later]->shared_sites) {
    return false;
  }
  if (site >= rows_[later]->rank_sites) {
    spread(need, effect.site.shift, effect.siblings, effect.delay);
    return true;
  }
  raise(other_rank_delay_[need], effect.delay);
  return effect.site.shift == rank_shift_ && effect.siblings == rank_count_;
}

bool ReadTiming::add(unsigned need, const TimingTable::WindowEffect& effect) {
  bool counts = false;
  for (const TimingTable::Site& later : effect.later) {
    const bool fits = for_each_later(later, [&](unsigned command, std::size_t site) {
      counts = true;
      return command == kActivate && site < rows_[command]->rank_sites;
    });
    if (!fits) {
      return false;
    }
  }
  if (counts) {
    windows_.push_back({effect.depth, effect.delay});
  }
  return need == kActivate && effect.every == 1 && effect.depth <= kHistory &&
         effect.ring.shift == rank_shift_;
}

// A constraint among the groups of a rank: within nodes of 2^shift banks, or between `siblings` of
// them.
void ReadTiming::spread(unsigned need, unsigned shift, std::uint32_t siblings, Cycle delay) {
  const unsigned coarser = shift - group_shift_;
  spreads_[need] = spreads_[need] || coarser > 0 || siblings > 1;
  for (unsigned from = 0; from < groups_each_; ++from) {
    for (unsigned to = 0; to < groups_each_; ++to) {
      const unsigned a = from >> coarser;
      const unsigned b = to >> coarser;
      if (siblings == 1 ? a == b : a != b && a / siblings == b / siblings) {
        raise(group_delay_[need][from * groups_each_ + to], delay);
      }
    }
  }
}

void ReadTiming::load(const TimingState& state) {
  const unsigned banks = rank_count_ << rank_shift_;
  for (unsigned need = 0; need < kReadNeeds; ++need) {
    const TimingTable::CommandRow& row = *rows_[need];
    for (unsigned rank = 0; rank < rank_count_; ++rank) {
      ranks_[need][rank] = state.earliest_of_rank(row, rank << rank_shift_);
    }
    for (unsigned group = 0; group < banks >> group_shift_; ++group) {
      groups_[need][group] = state.earliest_of_group(row, group << group_shift_);
    }
    for (unsigned bank = 0; bank < banks; ++bank) {
      banks_[need][bank] = state.earliest_of_bank(row, bank);
    }
  }
  for (unsigned rank = 0; rank < rank_count_; ++rank) {
    History& history = histories_[rank];
    history.cycles.fill(kNone);
    history.count = history.stored = kHistory;
    for (const TimingTable::WindowEffect& effect : rows_[kActivate]->window_effects) {
      for (std::uint32_t age = 1; age <= effect.depth; ++age) {
        history.cycles[kHistory - age] = state.issued_before(effect, rank << rank_shift_, age);
      }
    }
  }
}

void ReadTiming::store(TimingState& state) {
  for (unsigned need = 0; need < kReadNeeds; ++need) {
    for (std::uint64_t& left = issued_[need]; left != 0; left &= left - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(left));
      // The last issue to a bank covers those before.
      state.issue_beside_windows(commands_[need], bank, last_[need][bank]);
    }
  }
  for (unsigned rank = 0; rank < rank_count_; ++rank) {
    History& history = histories_[rank];
    for (std::uint32_t left = std::min(history.count - history.stored, kHistory); left > 0;
         --left) {
      state.issue_in_windows(commands_[kActivate], rank << rank_shift_,
                             history.cycles[(history.count - left) % kHistory]);
    }
  }
}

}  // namespace orrery::memory::dram
