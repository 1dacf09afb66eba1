// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/read_window.h"

namespace orrery::memory::dram {

ReadWindow::ReadWindow(const ReadTiming& timing, unsigned ranks, unsigned rank_shift)
    : timing_(timing), rank_shift_(rank_shift), lines_(ranks * kReadNeeds) {
  need_.fill(kReadNeeds);
}

void ReadWindow::arrived(Index place, unsigned bank, std::uint32_t row, bool hit, bool closed) {
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
    join(kColumn, bank, position);
  } else if (closed) {
    join(kActivate, bank, position);
  } else if (need_[bank] != kColumn) {
    join(kPrecharge, bank, position);
  }
}

void ReadWindow::read(unsigned position, unsigned bank, Cycle cycle) {
  Line& columns = line(kColumn, bank);
  ripen(columns, kColumn, cycle);
  columns.ripe.remove(position);
  hits_.remove(position);
  live_.remove(position);
  queued_[bank].remove(position);
  stale_ |= 1U << kColumn;
  const PositionMask more = candidates(kColumn, bank);
  if (more.any()) {
    if (timing_.reads_rest()) {
      columns.ripe.remove(more);
      want(kColumn, bank);
    }
  } else if (queued_[bank].any()) {
    want(kPrecharge, bank);
  } else {
    need_[bank] = kReadNeeds;
  }
}

void ReadWindow::activated(unsigned bank, std::uint32_t row, Cycle cycle) {
  Line& here = line(kActivate, bank);
  ripen(here, kActivate, cycle);
  here.ripe.remove(queued_[bank]);
  stale_ |= 1U << kActivate;
  for (PositionMask left = queued_[bank]; left.any(); left.remove_first()) {
    const unsigned position = left.first();
    if (row_[position] == row) {
      hits_.add(position);
    }
  }
  want(kColumn, bank);
}

void ReadWindow::precharged(unsigned bank, Cycle cycle) {
  Line& here = line(kPrecharge, bank);
  ripen(here, kPrecharge, cycle);
  here.ripe.remove(queued_[bank]);
  stale_ |= 1U << kPrecharge;
  want(kActivate, bank);
}

// The bank waits for the command from now on.
void ReadWindow::want(ReadNeed need, unsigned bank) {
  need_[bank] = need;
  const Cycle ready = std::max<Cycle>(timing_.of_bank(need, bank), 0);
  line(need, bank).waiting.add(ready, bank);
  stale_ |= static_cast<unsigned>(ready <= first_[need].cycle()) << need;
}

// A read that has just come. It is the youngest: where its bank is a candidate already it changes
// nothing about the first.
void ReadWindow::join(ReadNeed need, unsigned bank, unsigned position) {
  if (need_[bank] != need) {
    want(need, bank);
  } else if (Line& here = line(need, bank); !here.waiting.has(bank)) {
    here.ripe.add(position);
  }
}

ReadWindow::Choice ReadWindow::first_later(const Line& line, ReadNeed need, Cycle cycle) const {
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
    best = Choice::first(best, Choice(ready, need, candidates(need, bank).first()));
    return true;
  });
  return best;
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
  tail_ = 0;
  stale_ = kAllNeeds;
}

}  // namespace orrery::memory::dram
