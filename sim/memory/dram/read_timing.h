// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "memory/dram/request_queue.h"
#include "memory/dram/timing_state.h"

namespace orrery::memory::dram {

// What a bank with reads needs next.
enum ReadNeed : unsigned { kColumn, kActivate, kPrecharge, kReadNeeds };

// What TimingState says about RD, ACT and PRE while nothing else is issued, in the few forms that
// standards have: a command delays its like in its rank, in other ranks and between groups of banks
// (ACT in windows too); all else happens within a bank. The state is loaded from a TimingState and
// brings it up to date in the end.
class ReadTiming {
 public:
  using Commands = std::array<int, kReadNeeds>;  // by need

  ReadTiming(const TimingTable& table, const Commands& commands, unsigned ranks,
             unsigned rank_shift);

  // Whether the table has no constraints but these. Nothing else may be called otherwise.
  [[nodiscard]] bool suits() const { return suits_; }

  void load(const TimingState& state);
  void store(TimingState& state);

  // The first cycle in which the command may be issued is the latest of these three.
  [[nodiscard]] Cycle of_rank(ReadNeed need, unsigned rank) const { return ranks_[need][rank]; }
  [[nodiscard]] Cycle of_group(ReadNeed need, unsigned bank) const {
    return groups_[need][group(bank)];
  }
  // The smallest group of banks within which constraints are.
  [[nodiscard]] unsigned group(unsigned bank) const { return bank >> group_shift_; }
  [[nodiscard]] Cycle of_bank(ReadNeed need, unsigned bank) const { return banks_[need][bank]; }
  // Whether a read delays the next one of its bank.
  [[nodiscard]] bool reads_rest() const { return bank_delay_[kColumn][kColumn] >= 0; }

  void read(unsigned bank, Cycle cycle) {
    issue<kColumn>(bank, cycle);
    if (reads_rest()) {
      raise(banks_[kColumn][bank], cycle + bank_delay_[kColumn][kColumn]);
    }
    raise(banks_[kPrecharge][bank], cycle + bank_delay_[kColumn][kPrecharge]);
  }
  void activate(unsigned bank, Cycle cycle) {
    issue<kActivate>(bank, cycle);
    for (unsigned later = 0; later < kReadNeeds; ++later) {
      raise(banks_[later][bank], cycle + bank_delay_[kActivate][later]);
    }
    History& history = histories_[bank >> rank_shift_];
    history.cycles[history.count++ % kHistory] = cycle;
    for (const Window& window : windows_) {
      raise(ranks_[kActivate][bank >> rank_shift_],
            history.cycles[(history.count - window.depth) % kHistory] + window.delay);
    }
  }
  void precharge(unsigned bank, Cycle cycle) {
    issue<kPrecharge>(bank, cycle);
    raise(banks_[kActivate][bank], cycle + bank_delay_[kPrecharge][kActivate]);
  }

 private:
  static constexpr std::size_t kMostBanks = RequestQueue::kMostBanks;
  static constexpr std::size_t kMostRanks = 8;
  static constexpr std::uint32_t kHistory = 8;
  // No constraint: far enough in the past.
  static constexpr Cycle kNone = TimingState::kNever;

  // After the depth-th last ACT of the rank.
  struct Window {
    std::uint32_t depth = 1;
    Cycle delay = 0;
  };
  // The last ACTs of a rank.
  struct History {
    std::array<Cycle, kHistory> cycles;
    std::uint32_t count = 0;   // wraps
    std::uint32_t stored = 0;  // so many of them the TimingState knows
  };

  static void raise(Cycle& ready, Cycle cycle) { ready = std::max(ready, cycle); }

  // What all three do: to their like beyond the bank.
  template <ReadNeed need>
  void issue(unsigned bank, Cycle cycle) {
    issued_[need] |= std::uint64_t{1} << bank;
    last_[need][bank] = cycle;
    const unsigned rank = bank >> rank_shift_;
    raise(ranks_[need][rank], cycle + rank_delay_[need]);
    if (rank_count_ > 1) {
      for (unsigned other = 0; other < rank_count_; ++other) {
        raise(ranks_[need][other], cycle + (other == rank ? kNone : other_rank_delay_[need]));
      }
    }
    const unsigned group = bank >> group_shift_;
    if (!spreads_[need]) {
      raise(groups_[need][group], cycle + group_delay_[need][0]);
      return;
    }
    const unsigned first = rank << (rank_shift_ - group_shift_);
    const Cycle* delays = &group_delay_[need][(group - first) * groups_each_];
    for (unsigned other = 0; other < groups_each_; ++other) {
      raise(groups_[need][first + other], cycle + delays[other]);
    }
  }

  // Return false where the constraint has another form.
  bool add(unsigned need, unsigned later, const TimingTable::Effect& effect, std::size_t site);
  bool add(unsigned need, unsigned later, const TimingTable::SiblingEffect& effect,
           std::size_t site);
  bool add(unsigned need, const TimingTable::WindowEffect& effect);
  template <class Site, class Visit>
  bool for_each_later(const Site& site, Visit visit) const;
  void spread(unsigned need, unsigned shift, std::uint32_t siblings, Cycle delay);

  const Commands commands_;
  std::array<const TimingTable::CommandRow*, kReadNeeds> rows_;
  unsigned rank_count_;
  unsigned rank_shift_;
  unsigned group_shift_;  // of the smallest groups
  unsigned groups_each_;  // of a rank
  bool suits_ = true;
  // By need: does more than delay its like in the smallest group by group_delay_[need][0].
  std::array<bool, kReadNeeds> spreads_{};
  std::array<Cycle, kReadNeeds> rank_delay_;
  std::array<Cycle, kReadNeeds> other_rank_delay_;
  std::array<std::vector<Cycle>, kReadNeeds> group_delay_;  // from group to group of a rank
  std::array<std::array<Cycle, kReadNeeds>, kReadNeeds> bank_delay_;  // by need, by later need
  std::vector<Window> windows_;

  std::array<std::array<Cycle, kMostRanks>, kReadNeeds> ranks_;
  std::array<std::array<Cycle, kMostBanks>, kReadNeeds> groups_;
  std::array<std::array<Cycle, kMostBanks>, kReadNeeds> banks_;
  std::vector<History> histories_;
  // Since the state was loaded.
  std::array<std::uint64_t, kReadNeeds> issued_{};
  std::array<std::array<Cycle, kMostBanks>, kReadNeeds> last_;
};

}  // namespace orrery::memory::dram
