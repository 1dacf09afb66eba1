// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/read_window.h"

namespace orrery::memory::dram {

ReadWindow::ReadWindow(const ReadTiming& timing, unsigned ranks, unsigned rank_shift)
    : timing_(timing), rank_shift_(rank_shift), lines_(ranks * kReadNeeds) {
  need_.fill(kReadNeeds);
}

void ReadWindow::arrived(Index place, unsigned bank, std::uint32_t row, bool hit, bool closed,
                         Cycle cycle) {
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

void ReadWindow::read(unsigned position, Cycle cycle) {
  const unsigned bank = bank_[position];
  Line& here = line(kColumn, bank);
  ripen<kColumn>(here, cycle);
  here.ripe.remove(position);
  hits_.remove(position);
  live_.remove(position);
  queued_[bank].remove(position);
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

void ReadWindow::activated(unsigned position, Cycle cycle) {
  const unsigned bank = bank_[position];
  Line& here = line(kActivate, bank);
  ripen<kActivate>(here, cycle);
  here.ripe.remove(queued_[bank]);
  stale_ |= 1U << kActivate;
  const std::uint32_t row = row_[position];
  for (PositionMask left = queued_[bank]; left.any(); left.remove_first()) {
    const unsigned other = left.first();
    hits_.add_if(row_[other] == row, other);
  }
  want<kColumn>(bank, position, cycle + 1);
}

void ReadWindow::precharged(unsigned position, Cycle cycle) {
  const unsigned bank = bank_[position];
  Line& here = line(kPrecharge, bank);
  ripen<kPrecharge>(here, cycle);
  here.ripe.remove(queued_[bank]);
  stale_ |= 1U << kPrecharge;
  want<kActivate>(bank, position, cycle + 1);
}

// From this cycle on the bank waits for the command, for this read first. No other one's command
// has become possible earlier, so that the first is the former one or this.
template <ReadNeed need>
void ReadWindow::want(unsigned bank, unsigned oldest, Cycle now) {
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
void ReadWindow::join(unsigned bank, unsigned position, Cycle now) {
  if (need_[bank] != need) {
    want<need>(bank, position, now);
  } else if (Line& here = line(need, bank); !here.waiting.has(bank)) {
    here.ripe.add(position);
  }
}

void ReadWindow::renumber() {
  const PositionMask old_hits = hits_;
  hits_ = {};
  PositionMask ripe;
  for (Line& line : lines_) {
    ripe.add(line.ripe);
    line.ripe = {};
  }
  queued_.fill({});
  tail_ = 0;
  for (PositionMask left = live_; left.any(); left.remove_first()) {
    const unsigned old = left.first();
    const unsigned position = tail_++;
    const unsigned bank = bank_[old];
    row_[position] = row_[old];
    places_[position] = places_[old];
    bank_[position] = bank_[old];
    queued_[bank].add(position);
    if (old_hits.has(old)) {
      hits_.add(position);
    }
    if (ripe.has(old)) {
      line(need_[bank], bank).ripe.add(position);
    }
  }
  live_ = PositionMask::below(tail_);
  stale_ = kAllNeeds;
}

void ReadWindow::reset() {
  for (Line& line : lines_) {
    line.ripe = {};
    line.waiting.clear();
  }
  live_ = {};
  hits_ = {};
  queued_.fill({});
  need_.fill(kReadNeeds);
  first_ = {};
  tail_ = 0;
  stale_ = kAllNeeds;
}

}  // namespace orrery::memory::dram
