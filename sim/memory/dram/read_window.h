// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "memory/dram/position_mask.h"
#include "memory/dram/read_timing.h"
#include "memory/dram/request_queue.h"
#include "memory/dram/ripening_list.h"

namespace orrery::memory::dram {

// The queued reads while nothing else is queued, and the next command for them: what a channel
// decides for fr_fcfs with open rows, without lists to walk. Reads stand at positions in the order
// of their age. Each bank that has some needs one kind of command next; once the bank itself allows
// it, its reads are ripe, and stay so until the need changes. Of the ripe reads the oldest is next,
// as soon as the rank (and its group of banks) lets any be.
class ReadWindow {
 public:
  using Index = RequestQueue::Index;
  // More places leave no room between two renumberings of the positions.
  static constexpr std::int64_t kMostPlaces = 96;

  // A command that could be issued: the first cycle, the need, and the position of the read it is
  // for. One word, so that the earlier is less; in one cycle column commands come first, then the
  // older read.
  class Choice {
   public:
    Choice() = default;
    Choice(Cycle cycle, ReadNeed need, unsigned position)
        : word_(((static_cast<std::uint64_t>(cycle) * 2 + (need == kColumn ? 0 : 1)) *
                     PositionMask::kPositions +
                 position) *
                    4 +
                need) {}
    [[nodiscard]] Cycle cycle() const {
      return static_cast<Cycle>(word_ / (8 * PositionMask::kPositions));
    }
    [[nodiscard]] unsigned position() const {
      return static_cast<unsigned>(word_ / 4 % PositionMask::kPositions);
    }
    [[nodiscard]] ReadNeed need() const { return static_cast<ReadNeed>(word_ % 4); }
    // The first of two. Which one cannot be predicted: no branch.
    [[nodiscard]] static Choice first(Choice a, Choice b) {
      Choice result;
      result.word_ = b.word_ ^ ((a.word_ ^ b.word_) &
                                (std::uint64_t{0} - static_cast<std::uint64_t>(a.word_ < b.word_)));
      return result;
    }

   private:
    std::uint64_t word_ = ~std::uint64_t{0};
  };
  // As a cycle: there is no command. Greater than all others, less than kNeverCycle.
  static constexpr Cycle kNone =
      static_cast<Cycle>(~std::uint64_t{0} / (8 * PositionMask::kPositions));

  // The timing must outlive the window.
  ReadWindow(const ReadTiming& timing, unsigned ranks, unsigned rank_shift);

  [[nodiscard]] Index place(unsigned position) const { return places_[position]; }

  // The first command from cycle `floor` on, if nothing arrives before.
  [[nodiscard]] Choice first(Cycle floor) {
    if ((stale_ & 1U << kColumn) != 0) {
      find<kColumn>(floor);
    }
    if ((stale_ & 1U << kActivate) != 0) {
      find<kActivate>(floor);
    }
    if ((stale_ & 1U << kPrecharge) != 0) {
      find<kPrecharge>(floor);
    }
    stale_ = 0;
    return Choice::first(first_[kColumn], Choice::first(first_[kActivate], first_[kPrecharge]));
  }

  // A read has arrived in this cycle; hit, closed: its row is open, none of its bank is.
  void arrived(Index place, unsigned bank, std::uint32_t row, bool hit, bool closed, Cycle cycle);
  // The command for the read at the position has been issued. The timing knows it already.
  void read(unsigned position, Cycle cycle);
  void activated(unsigned position, Cycle cycle);
  void precharged(unsigned position, Cycle cycle);
  // The bus takes nothing before this cycle.
  void column_bus_taken(Cycle until) { hold<kColumn>(until); }
  void row_bus_taken(Cycle until) {
    hold<kActivate>(until);
    hold<kPrecharge>(until);
  }

  // Takes out all reads; calls take(place) for each, oldest first.
  template <class Take>
  void drain(Take take) {
    for (; live_.any(); live_.remove_first()) {
      take(places_[live_.first()]);
    }
    reset();
  }

 private:
  static constexpr unsigned kAllNeeds = (1U << kReadNeeds) - 1;
  static constexpr std::size_t kMostBanks = RequestQueue::kMostBanks;

  // The reads of one rank whose banks have one need.
  struct Line {
    PositionMask ripe;
    RipeningList waiting;  // banks that do not allow it yet
  };

  [[nodiscard]] Line& line(ReadNeed need, unsigned bank) {
    return lines_[(bank >> rank_shift_) * kReadNeeds + need];
  }
  template <ReadNeed need>
  void find(Cycle floor);
  // `cycle`: when the rank and the bus allow the command, but the oldest of the ripe ones is not
  // ready then. Of a group of banks the oldest read speaks for all.
  template <ReadNeed need>
  [[nodiscard]] Choice first_later(const Line& line, Cycle cycle) const;
  // Of the reads of the bank, those that the command would serve.
  template <ReadNeed need>
  [[nodiscard]] PositionMask candidates(unsigned bank) const {
    return need == kColumn ? queued_[bank].common(hits_) : queued_[bank];
  }
  // Of the banks that wait, those that allow the command by now. The cycle never goes back.
  template <ReadNeed need>
  void ripen(Line& line, Cycle cycle) {
    while (line.waiting.is_ripe(cycle)) {
      line.ripe.add(candidates<need>(line.waiting.take_first()));
    }
  }
  template <ReadNeed need>
  void want(unsigned bank, unsigned oldest, Cycle now);
  template <ReadNeed need>
  void join(unsigned bank, unsigned position, Cycle now);
  template <ReadNeed need>
  void hold(Cycle until) {
    floors_[need] = until;
    stale_ |= static_cast<unsigned>(first_[need].cycle() < until) << need;
  }
  // Moves the reads to lower positions, for there is no higher one left.
  void renumber();
  void lower(unsigned distance);
  void close_gaps();
  void reset();

  const ReadTiming& timing_;
  unsigned rank_shift_;
  unsigned tail_ = 0;
  unsigned stale_ = kAllNeeds;
  std::array<Choice, kReadNeeds> first_;    // of each need, unless stale
  std::array<Cycle, kReadNeeds> floors_{};  // from when on the bus is free for it
  std::vector<Line> lines_;                 // by rank, then by need
  PositionMask live_;
  PositionMask hits_;
  std::array<ReadNeed, kMostBanks> need_;           // kReadNeeds: no reads
  std::array<PositionMask, kMostBanks> queued_{};   // by bank
  std::array<PositionMask, kMostBanks> grouped_{};  // by the smallest group of banks
  std::array<std::uint32_t, PositionMask::kPositions> row_;
  std::array<Index, PositionMask::kPositions> places_;
  std::array<std::uint8_t, PositionMask::kPositions> bank_;
};

// As a rule the oldest ripe read is ready as soon as its rank lets any be.
template <ReadNeed need>
inline void ReadWindow::find(Cycle floor) {
  floor = std::max(floor, floors_[need]);
  Choice best;
  unsigned rank = 0;
  for (Line* here = &lines_[need]; here < lines_.data() + lines_.size();
       here += kReadNeeds, ++rank) {
    const Cycle cycle = std::max(floor, timing_.of_rank(need, rank));
    ripen<need>(*here, cycle);
    if (here->ripe.any()) {
      const unsigned oldest = here->ripe.first();
      if (timing_.of_group(need, bank_[oldest]) <= cycle) [[likely]] {
        best = Choice::first(best, Choice(cycle, need, oldest));
        continue;
      }
    }
    best = Choice::first(best, first_later<need>(*here, cycle));
  }
  first_[need] = best;
}

template <ReadNeed need>
inline ReadWindow::Choice ReadWindow::first_later(const Line& line, Cycle cycle) const {
  Choice best;
  PositionMask left = line.ripe;
  while (left.any()) {
    const unsigned position = left.first();
    const Cycle ready = timing_.of_group(need, bank_[position]);
    if (ready <= cycle) {
      return {cycle, need, position};
    }
    best = Choice::first(best, Choice(ready, need, position));
    left.remove(grouped_[timing_.group(bank_[position])]);
  }
  line.waiting.for_each([&](Cycle ready, unsigned bank) {
    if (ready > best.cycle()) {
      return false;
    }
    ready = std::max(ready, timing_.of_group(need, bank));
    best = Choice::first(best, Choice(ready, need, candidates<need>(bank).first()));
    return true;
  });
  return best;
}

// What every burst needs stands here: a compiler that makes position-independent code inlines only
// what is `inline`.
inline void ReadWindow::arrived(Index place, unsigned bank, std::uint32_t row, bool hit,
                                bool closed, Cycle cycle) {
  if (tail_ == PositionMask::kPositions) [[unlikely]] {
    renumber();
  }
  const unsigned position = tail_++;
  row_[position] = row;
  places_[position] = place;
  bank_[position] = static_cast<std::uint8_t>(bank);
  live_.add(position);
  const PositionMask before = queued_[bank];
  queued_[bank].add(position);
  grouped_[timing_.group(bank)].add(position);
  if (hit) {
    hits_.add(position);
    if (need_[bank] == kPrecharge) {
      Line& here = line(kPrecharge, bank);
      here.ripe.remove(before);
      here.waiting.remove(bank);
      stale_ |= 1U << kPrecharge;
    }
    join<kColumn>(bank, position, cycle);
  } else if (closed) {
    join<kActivate>(bank, position, cycle);
  } else if (need_[bank] != kColumn) {
    join<kPrecharge>(bank, position, cycle);
  }
}

inline void ReadWindow::read(unsigned position, Cycle cycle) {
  const unsigned bank = bank_[position];
  Line& here = line(kColumn, bank);
  ripen<kColumn>(here, cycle);
  here.ripe.remove(position);
  hits_.remove(position);
  live_.remove(position);
  queued_[bank].remove(position);
  grouped_[timing_.group(bank)].remove(position);
  stale_ |= 1U << kColumn;
  const PositionMask more = candidates<kColumn>(bank);
  if (more.any()) {
    if (timing_.reads_rest()) {
      here.ripe.remove(more);
      want<kColumn>(bank, more.first(), cycle + 1);
    }
  } else if (queued_[bank].any()) {
    // The row bus may be free in this cycle still.
    want<kPrecharge>(bank, queued_[bank].first(), cycle);
  } else {
    need_[bank] = kReadNeeds;
  }
}

// From this cycle on the bank waits for the command, for this read first. No other one's command
// has become possible earlier, so that the first is the former one or this.
template <ReadNeed need>
inline void ReadWindow::want(unsigned bank, unsigned oldest, Cycle now) {
  need_[bank] = need;
  const Cycle ready = std::max(timing_.of_bank(need, bank), now);
  line(need, bank).waiting.add(ready, bank);
  const Cycle cycle =
      std::max(std::max(ready, floors_[need]),
               std::max(timing_.of_rank(need, bank >> rank_shift_), timing_.of_group(need, bank)));
  first_[need] = Choice::first(first_[need], Choice(cycle, need, oldest));
}

// A read that has just come. It is the youngest: where its bank is a candidate already it changes
// nothing about the first.
template <ReadNeed need>
inline void ReadWindow::join(unsigned bank, unsigned position, Cycle now) {
  if (need_[bank] != need) {
    want<need>(bank, position, now);
  } else if (Line& here = line(need, bank); !here.waiting.has(bank)) {
    here.ripe.add(position);
  }
}

}  // namespace orrery::memory::dram
