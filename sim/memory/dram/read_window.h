// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "memory/dram/position_mask.h"
#include "memory/dram/request_queue.h"
#include "memory/dram/timing_state.h"

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

  enum Need : unsigned { kColumn, kActivate, kPrecharge, kNeeds };
  using Commands = std::array<int, kNeeds>;

  // A command that could be issued: the first cycle, and the read it is for.
  struct Choice {
    Cycle cycle = kNeverCycle;
    unsigned position = PositionMask::kPositions;
    [[nodiscard]] bool before(const Choice& other) const {
      return cycle < other.cycle || (cycle == other.cycle && position < other.position);
    }
  };

  // The table and the state must outlive the window.
  ReadWindow(const TimingTable& table, const TimingState& timing, const Commands& commands,
             unsigned ranks, unsigned rank_shift);

  // Whether no command to a bank delays one to another bank in particular.
  [[nodiscard]] static bool suits(const TimingTable& table, const Commands& commands);

  [[nodiscard]] Index place(unsigned position) const { return places_[position]; }

  // The first command of each need, if none is issued before. The floors: from when on the bus is
  // free for it.
  void update(Cycle column_floor, Cycle row_floor) {
    if (stale_ != 0) {
      find_stale(column_floor, row_floor);
    }
  }
  // As of update(); position kPositions: there is none.
  [[nodiscard]] const Choice& first(Need need) const { return first_[need]; }
  [[nodiscard]] Need first_row_need() const {
    return first_[kPrecharge].before(first_[kActivate]) ? kPrecharge : kActivate;
  }

  // A read has arrived; closed: of its bank.
  void arrived(Index place, unsigned bank, std::uint32_t row, bool closed, bool hit);
  // Commands, after their constraints have been applied to the timing state.
  void read(unsigned position, unsigned bank);
  void activated(unsigned bank, std::uint32_t row);
  void precharged(unsigned bank);
  // The bus takes nothing before this cycle.
  void column_bus_taken(Cycle until) { mark_before(kColumn, until); }
  void row_bus_taken(Cycle until) {
    mark_before(kActivate, until);
    mark_before(kPrecharge, until);
  }
  // Of the commands of these needs, as bits, some may have been delayed in any bank.
  void delayed(unsigned needs) { stale_ |= needs; }

  // Takes out all reads; calls take(place) for each, oldest first.
  template <class Take>
  void drain(Take take) {
    for (; live_.any(); live_.remove_first()) {
      take(places_[live_.first()]);
    }
    reset();
  }

 private:
  static constexpr unsigned kAllNeeds = (1U << kNeeds) - 1;
  static constexpr std::size_t kMostBanks = RequestQueue::kMostBanks;

  // The reads of one rank whose banks have one need.
  struct Line {
    PositionMask ripe;
    std::uint64_t waiting = 0;  // banks that do not allow it yet
    Cycle next = kNeverCycle;   // no such bank does before this cycle
  };

  [[nodiscard]] Line& line(Need need, unsigned bank) { return lines_[bank >> rank_shift_][need]; }
  void find_stale(Cycle column_floor, Cycle row_floor);
  [[nodiscard]] Choice first_of(Need need, Cycle floor);
  // `cycle`: when the rank and the bus allow the command.
  [[nodiscard]] Choice first_in_line(const Line& line, Need need, Cycle cycle) const;
  void ripen(Line& line, Need need, Cycle cycle);
  // Of the reads of the bank, those that the command would serve.
  [[nodiscard]] PositionMask candidates(Need need, unsigned bank) const {
    return need == kColumn ? queued_[bank].common(hits_) : queued_[bank];
  }
  void want(Need need, unsigned bank);
  void join(Need need, unsigned bank, unsigned position);
  void leave(Need need, unsigned bank);
  void mark_before(Need need, Cycle until) {
    stale_ |= first_[need].cycle < until ? 1U << need : 0;
  }
  // Moves the reads to the first positions.
  void renumber();
  void reset();

  const TimingState& timing_;
  std::array<const TimingTable::CommandRow*, kNeeds> rows_;
  unsigned rank_shift_;
  bool reads_rest_ = false;  // a read delays the next of its very bank
  unsigned tail_ = 0;
  unsigned stale_ = kAllNeeds;
  std::array<Choice, kNeeds> first_;
  std::vector<std::array<Line, kNeeds>> lines_;  // by rank
  PositionMask live_;
  PositionMask hits_;
  std::array<Need, kMostBanks> need_;  // kNeeds: no reads
  std::array<PositionMask, kMostBanks> queued_{};
  std::array<std::uint32_t, PositionMask::kPositions> row_;
  std::array<Index, PositionMask::kPositions> places_;
  std::array<std::uint8_t, PositionMask::kPositions> bank_;
};

}  // namespace orrery::memory::dram
