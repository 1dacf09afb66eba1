// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/read_window.h"

#include <algorithm>

namespace orrery::memory::dram {

ReadWindow::ReadWindow(const ReadTiming& timing, unsigned ranks, unsigned rank_shift)
    : timing_(timing), rank_shift_(rank_shift), lines_(ranks * kReadNeeds) {
  need_.fill(kReadNeeds);
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

// As a rule the oldest reads have gone, and all others move down by as many positions.
void ReadWindow::renumber() {
  constexpr unsigned kWorthwhile = PositionMask::kPositions / 4;
  stale_ = kAllNeeds;
  if (live_.any() && live_.first() >= kWorthwhile) {
    lower(live_.first());
  } else {
    close_gaps();
  }
}

void ReadWindow::lower(unsigned distance) {
  for (PositionMask* mask : {&live_, &hits_}) {
    mask->lower(distance);
  }
  for (Line& line : lines_) {
    line.ripe.lower(distance);
  }
  for (PositionMask& mask : queued_) {
    mask.lower(distance);
  }
  for (PositionMask& mask : grouped_) {
    mask.lower(distance);
  }
  std::copy(row_.begin() + distance, row_.end(), row_.begin());
  std::copy(places_.begin() + distance, places_.end(), places_.begin());
  std::copy(bank_.begin() + distance, bank_.end(), bank_.begin());
  tail_ -= distance;
}

void ReadWindow::close_gaps() {
  const PositionMask old_hits = hits_;
  hits_ = {};
  PositionMask ripe;
  for (Line& line : lines_) {
    ripe.add(line.ripe);
    line.ripe = {};
  }
  queued_.fill({});
  grouped_.fill({});
  tail_ = 0;
  for (PositionMask left = live_; left.any(); left.remove_first()) {
    const unsigned old = left.first();
    const unsigned position = tail_++;
    const unsigned bank = bank_[old];
    row_[position] = row_[old];
    places_[position] = places_[old];
    bank_[position] = bank_[old];
    queued_[bank].add(position);
    grouped_[timing_.group(bank)].add(position);
    if (old_hits.has(old)) {
      hits_.add(position);
    }
    if (ripe.has(old)) {
      line(need_[bank], bank).ripe.add(position);
    }
  }
  live_ = PositionMask::below(tail_);
}

void ReadWindow::reset() {
  for (Line& line : lines_) {
    line.ripe = {};
    line.waiting.clear();
  }
  live_ = {};
  hits_ = {};
  queued_.fill({});
  grouped_.fill({});
  need_.fill(kReadNeeds);
  first_ = {};
  tail_ = 0;
  stale_ = kAllNeeds;
}

}  // namespace orrery::memory::dram
