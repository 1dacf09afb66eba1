// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/read_window.h"

#include <algorithm>
#include <bit>

namespace orrery::memory::dram {

bool ReadWindow::suits(const TimingTable& table, const Commands& commands) {
  return std::all_of(commands.begin(), commands.end(), [&](int command) {
    const auto& effects = table.row(command).sibling_effects;
    return std::none_of(effects.begin(), effects.end(),
                        [](const auto& effect) { return effect.site.shift == 0; });
  });
}

ReadWindow::ReadWindow(const TimingTable& table, const TimingState& timing,
                       const Commands& commands, unsigned ranks, unsigned rank_shift)
    : timing_(timing),
      rows_{&table.row(commands[kColumn]), &table.row(commands[kActivate]),
            &table.row(commands[kPrecharge])},
      rank_shift_(rank_shift),
      lines_(ranks) {
  const TimingTable::CommandRow& read = *rows_[kColumn];
  for (std::size_t i = read.shared_sites; i < read.sites.size(); ++i) {
    reads_rest_ = reads_rest_ || std::any_of(read.effects.begin(), read.effects.end(),
                                             [&](const TimingTable::Effect& effect) {
                                               return effect.site.base == read.sites[i].base;
                                             });
  }
  need_.fill(kNeeds);
}

void ReadWindow::arrived(Index place, unsigned bank, std::uint32_t row, bool closed, bool hit) {
  if (tail_ == PositionMask::kPositions) [[unlikely]] {
    renumber();
  }
  const unsigned position = tail_++;
  row_[position] = row;
  places_[position] = place;
  bank_[position] = static_cast<std::uint8_t>(bank);
  live_.add(position);
  queued_[bank].add(position);
  if (hit) {
    hits_.add(position);
    if (need_[bank] == kPrecharge) {
      leave(kPrecharge, bank);
    }
    join(kColumn, bank, position);
  } else if (closed) {
    join(kActivate, bank, position);
  } else if (need_[bank] != kColumn) {
    join(kPrecharge, bank, position);
  }
}

void ReadWindow::read(unsigned position, unsigned bank) {
  Line& columns = line(kColumn, bank);
  columns.ripe.remove(position);
  hits_.remove(position);
  live_.remove(position);
  queued_[bank].remove(position);
  stale_ |= 1U << kColumn;
  const PositionMask more = candidates(kColumn, bank);
  if (more.any()) {
    if (reads_rest_) {
      columns.ripe.remove(more);
      want(kColumn, bank);
    }
  } else if (queued_[bank].any()) {
    want(kPrecharge, bank);
  } else {
    need_[bank] = kNeeds;
  }
}

void ReadWindow::activated(unsigned bank, std::uint32_t row) {
  leave(kActivate, bank);
  for (PositionMask left = queued_[bank]; left.any(); left.remove_first()) {
    const unsigned position = left.first();
    if (row_[position] == row) {
      hits_.add(position);
    }
  }
  want(kColumn, bank);
}

void ReadWindow::precharged(unsigned bank) {
  leave(kPrecharge, bank);
  want(kActivate, bank);
}

// The bank waits for the command from now on.
void ReadWindow::want(Need need, unsigned bank) {
  need_[bank] = need;
  Line& here = line(need, bank);
  const Cycle ready = timing_.earliest_of_bank(*rows_[need], bank);
  here.waiting |= std::uint64_t{1} << bank;
  here.next = std::min(here.next, ready);
  stale_ |= ready <= first_[need].cycle ? 1U << need : 0;
}

// A read that has just come. It is the youngest: where its bank is a candidate already it changes
// nothing about the first.
void ReadWindow::join(Need need, unsigned bank, unsigned position) {
  if (need_[bank] != need) {
    want(need, bank);
  } else if (Line& here = line(need, bank); (here.waiting >> bank & 1U) == 0) {
    here.ripe.add(position);
  }
}

void ReadWindow::leave(Need need, unsigned bank) {
  Line& here = line(need, bank);
  here.ripe.remove(queued_[bank]);
  here.waiting &= ~(std::uint64_t{1} << bank);
  stale_ |= 1U << need;
}

void ReadWindow::find_stale(Cycle column_floor, Cycle row_floor) {
  for (unsigned need = 0; need < kNeeds; ++need) {
    if ((stale_ >> need & 1U) != 0) {
      first_[need] = first_of(static_cast<Need>(need), need == kColumn ? column_floor : row_floor);
    }
  }
  stale_ = 0;
}

ReadWindow::Choice ReadWindow::first_of(Need need, Cycle floor) {
  const TimingTable::CommandRow& row = *rows_[need];
  Choice best;
  for (unsigned rank = 0; rank < lines_.size(); ++rank) {
    Line& here = lines_[rank][need];
    const Cycle cycle = std::max(floor, timing_.earliest_of_rank(row, rank << rank_shift_));
    if (here.next <= cycle) {
      ripen(here, need, cycle);
    }
    const Choice choice = first_in_line(here, need, cycle);
    if (choice.before(best)) {
      best = choice;
    }
  }
  return best;
}

ReadWindow::Choice ReadWindow::first_in_line(const Line& line, Need need, Cycle cycle) const {
  const TimingTable::CommandRow& row = *rows_[need];
  Choice best;
  for (PositionMask left = line.ripe; left.any(); left.remove_first()) {
    const unsigned position = left.first();
    const Cycle ready = timing_.earliest_of_group(row, bank_[position]);
    if (ready <= cycle) {
      return {cycle, position};
    }
    best = ready < best.cycle ? Choice{ready, position} : best;
  }
  if (line.next > best.cycle) {
    return best;
  }
  for (std::uint64_t left = line.waiting; left != 0; left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    const Choice choice = {
        std::max(timing_.earliest_of_group(row, bank), timing_.earliest_of_bank(row, bank)),
        candidates(need, bank).first()};
    if (choice.before(best)) {
      best = choice;
    }
  }
  return best;
}

void ReadWindow::ripen(Line& line, Need need, Cycle cycle) {
  line.next = kNeverCycle;
  for (std::uint64_t left = line.waiting; left != 0; left &= left - 1) {
    const auto bank = static_cast<unsigned>(std::countr_zero(left));
    const Cycle ready = timing_.earliest_of_bank(*rows_[need], bank);
    if (ready <= cycle) {
      line.waiting &= ~(std::uint64_t{1} << bank);
      line.ripe.add(candidates(need, bank));
    } else {
      line.next = std::min(line.next, ready);
    }
  }
}

void ReadWindow::renumber() {
  const PositionMask old_hits = hits_;
  hits_ = {};
  for (std::array<Line, kNeeds>& lines : lines_) {
    for (Line& line : lines) {
      line.ripe = {};
    }
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
    const bool hit = old_hits.has(old);
    if (hit) {
      hits_.add(position);
    }
    Line& here = line(need_[bank], bank);
    if ((here.waiting >> bank & 1U) == 0 && (hit || need_[bank] != kColumn)) {
      here.ripe.add(position);
    }
  }
  live_ = {};
  for (unsigned position = 0; position < tail_; ++position) {
    live_.add(position);
  }
  stale_ = kAllNeeds;
}

void ReadWindow::reset() {
  for (std::array<Line, kNeeds>& lines : lines_) {
    lines.fill({});
  }
  live_ = {};
  hits_ = {};
  queued_.fill({});
  need_.fill(kNeeds);
  tail_ = 0;
  stale_ = kAllNeeds;
}

}  // namespace orrery::memory::dram
