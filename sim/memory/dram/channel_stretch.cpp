// SPDX-License-Identifier: Apache-2.0
// Stretches in which reads compete and nothing else: the same decisions as everywhere, taken by a
// ReadWindow.
#include <algorithm>
#include <bit>

#include "memory/dram/channel.h"

namespace orrery::memory::dram {

namespace {

// Column commands before a stretch begins, so that beginning and ending it pay.
constexpr int kCalm = 4;

}  // namespace

bool Channel::may_stretch() const {
  return calm_ >= kCalm && stretches_ && direction_ == kReading && blocked_ == 0 && down_ == 0 &&
         direction_event_ == kNeverCycle && !reads_.empty() && (!pim_ || pim_->nothing_at_all());
}

void Channel::begin_stretch() {
  in_stretch_ = true;
  read_timing_.load(timing_);
  window_.column_bus_taken(column_floor_);
  window_.row_bus_taken(row_floor_);
  for (RequestQueue::Index index = reads_.oldest(); index != RequestQueue::kNone;
       index = reads_.at(index).younger) {
    const Request& request = reads_.at(index);
    const std::int64_t open = open_row_[request.bank];
    window_.arrived(index, request.bank, request.row,
                    open == static_cast<std::int64_t>(request.row), open == kClosed, horizon_);
  }
  reads_.unlink_all();
}

void Channel::end_stretch() {
  in_stretch_ = false;
  read_timing_.store(timing_);
  window_.drain([this](RequestQueue::Index index) { reads_.link(index); });
  rebuild_candidates();
}

// Everything a stretch does is inlined here.
[[gnu::flatten]] void Channel::stretch(Cycle until) {
  if (!in_stretch_) {
    begin_stretch();
  }
  const Cycle limit = std::min(std::min(until, next_refresh_due_), ReadWindow::kNone);
  while (direction_event_ == kNeverCycle && age_ < kLargestAge) {
    const ReadWindow::Choice next = window_.first(horizon_);
    const Cycle command = next.cycle();
    const Cycle arrival = next_stretch_arrival();
    if (std::min(arrival, command) >= limit) {
      if (next_refresh_due_ <= limit) {
        break;
      }
      return;
    }
    if (arrival <= command) {
      stretch_arrival(arrival);
      continue;
    }
    switch (next.need()) {
      case ReadNeed::kColumn:
        stretch_read(next.position(), command);
        break;
      case ReadNeed::kActivate:
        stretch_activate(next.position(), command);
        break;
      default:
        stretch_precharge(next.position(), command);
        break;
    }
  }
  end_stretch();
}

inline Cycle Channel::next_stretch_arrival() {
  if (intake_.has_only_one()) {
    return is_full(intake_.only_is_write() ? writes_ : reads_) ? kNeverCycle
                                                               : intake_.only_ready(arrival_floor_);
  }
  return next_arrival();
}

inline void Channel::stretch_arrival(Cycle cycle) {
  horizon_ = cycle;
  arrival_floor_ = cycle + 1;
  const Intake::Arrival arrival =
      intake_.has_only_one() ? intake_.take_only(cycle) : intake_.take(door(), cycle);
  const std::uint64_t burst = arrival.burst;
  const unsigned bank = map_.bank(burst);
  if (arrival.is_write || (!writes_.empty() && writes_.holds(bank, burst))) {
    receive(arrival, bank, cycle);
    return;
  }
  const RequestQueue::Index index = reads_.take_place(bank);
  Request& request = reads_.at(index);
  request.burst = burst;
  request.number = arrivals_++;
  request.arrival = cycle;
  request.age = age_++;
  request.row = map_.row(burst);
  request.slice = arrival.slice;
  request.statistics = &intake_.statistics(request.slice);
  ++request.statistics->read_bursts;
  const std::int64_t open = open_row_[bank];
  window_.arrived(index, bank, request.row, open == static_cast<std::int64_t>(request.row),
                  open == kClosed, cycle);
  if (observer_ != nullptr) {
    observer_->arrival({cycle, request.number, false, false, map_.locate(request.burst)});
  }
}

template <ReadNeed need>
inline void Channel::stretch_issued(const Request& request, Cycle cycle) {
  record(command_of(need), request.bank, &request, cycle);
  const Cycle free = cycle + bus_cycles_[need];
  if (need == kColumn || one_bus_) {
    column_floor_ = free;
    window_.column_bus_taken(free);
  }
  if (need != kColumn || one_bus_) {
    row_floor_ = free;
    window_.row_bus_taken(free);
  }
  // After a read the row bus may take a command in the same cycle.
  horizon_ = need != kColumn || one_bus_ ? cycle + 1 : cycle;
  arrival_floor_ = cycle + 1;
}

inline void Channel::stretch_read(unsigned position, Cycle cycle) {
  const RequestQueue::Index index = window_.place(position);
  const Request& request = reads_.at(index);
  read_timing_.read(request.bank, cycle);
  window_.read(position, cycle);
  stretch_issued<kColumn>(request, cycle);
  watch_until_ = cycle + longest_wait_;
  served(request, false, cycle);
  reads_.free_place(index);
  if (reads_.empty() && !writes_.empty()) {
    direction_event_ = cycle + 1;
  }
}

inline void Channel::stretch_activate(unsigned position, Cycle cycle) {
  Request& request = reads_.at(window_.place(position));
  const unsigned bank = request.bank;
  read_timing_.activate(bank, cycle);
  window_.activated(position, cycle);
  stretch_issued<ReadNeed::kActivate>(request, cycle);
  ++request.statistics->activates;
  if (request.first == FirstCommand::kNone) {
    request.first = FirstCommand::kActivate;
  }
  open_row_[bank] = request.row;
  open_ |= bit(bank);
  overtaken_[bank] = 0;
  ranks_[rank_of(bank)].open_one(cycle);
}

inline void Channel::stretch_precharge(unsigned position, Cycle cycle) {
  Request& request = reads_.at(window_.place(position));
  const unsigned bank = request.bank;
  read_timing_.precharge(bank, cycle);
  window_.precharged(position, cycle);
  stretch_issued<ReadNeed::kPrecharge>(request, cycle);
  if (request.first == FirstCommand::kNone) {
    request.first = FirstCommand::kPrecharge;
  }
  open_row_[bank] = kClosed;
  open_ &= ~bit(bank);
  ranks_[rank_of(bank)].close(1, cycle);
}

}  // namespace orrery::memory::dram
