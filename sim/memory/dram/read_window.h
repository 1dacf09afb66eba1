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
  // `cycle`: when the rank and the bus allow the command, but none of the ripe ones is ready then.
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
  // Moves the reads to the first positions.
  void renumber();
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
  std::array<ReadNeed, kMostBanks> need_;  // kReadNeeds: no reads
  std::array<PositionMask, kMostBanks> queued_{};
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
  for (PositionMask left = line.ripe; left.any(); left.remove_first()) {
    const unsigned position = left.first();
    const Cycle ready = timing_.of_group(need, bank_[position]);
    if (ready <= cycle) {
      return {cycle, need, position};
    }
    best = Choice::first(best, Choice(ready, need, position));
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

}  // namespace orrery::memory::dram
