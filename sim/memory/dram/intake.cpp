// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/intake.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::memory::dram {

void Intake::submit(const Slice& slice, Cycle arrival, AccessStatistics& statistics) {
  base::require_invariant(!slice.cursor.done(), "a slice has bursts");
  const std::uint32_t index = allocate();
  OpenSlice& open = slices_[index];
  open = OpenSlice{};
  open.cursor = slice.cursor;
  open.statistics = &statistics;
  open.ticket = slice.ticket;
  open.arrival = arrival;
  open.initiator = slice.initiator;
  open.is_write = slice.is_write;
  open.used = true;
  ++open_slices_;
  while (lines_.size() <= slice.initiator) {
    const std::size_t initiator = lines_.size();
    const int own = initiator < own_credits_.size() ? own_credits_[initiator] : 0;
    lines_.emplace_back(own > 0 ? own : credits_);
  }
  Line& line = lines_[slice.initiator];
  if (line.head == kNone) {
    line.head = index;
    activate(slice.initiator);
  } else {
    slices_[line.tail].next = index;
  }
  line.tail = index;
  next_known_ = false;
}

void Intake::find_next(bool reads_full, bool writes_full, Cycle floor) {
  next_known_ = true;
  next_ = kNeverCycle;
  const std::size_t count = waiting_.size();
  if (count == 1) {
    const Line& line = lines_[waiting_[0]];
    const OpenSlice& slice = slices_[line.head];
    if (!(slice.is_write ? writes_full : reads_full)) {
      next_ = std::max(std::max(slice.arrival, floor), line.credits.ready());
      next_position_ = 0;
    }
    return;
  }
  std::size_t position = start_;
  for (std::size_t i = 0; i < count; ++i) {
    const Line& line = lines_[waiting_[position]];
    const OpenSlice& slice = slices_[line.head];
    if (!(slice.is_write ? writes_full : reads_full)) {
      const Cycle ready = std::max({slice.arrival, line.credits.ready(), floor});
      if (ready < next_) {
        next_ = ready;
        next_position_ = position;
        if (ready == floor) {
          return;
        }
      }
    }
    position = position + 1 == count ? 0 : position + 1;
  }
}

Intake::Arrival Intake::take(Cycle cycle) {
  const std::uint32_t initiator = waiting_[next_position_];
  Line& line = lines_[initiator];
  const std::uint32_t index = line.head;
  OpenSlice& slice = slices_[index];
  line.credits.take(cycle);
  const Arrival arrival = {slice.cursor.next(), index, slice.is_write};
  ++slice.queued;
  last_ = initiator;
  start_ = next_position_ + 1 == waiting_.size() ? 0 : next_position_ + 1;
  if (slice.cursor.done()) {
    slice.exhausted = true;
    line.head = slice.next;
    if (line.head == kNone) {
      deactivate(next_position_);
    }
  }
  next_known_ = false;
  return arrival;
}

void Intake::read_done(std::uint32_t slice, Cycle cycle) {
  lines_[slices_[slice].initiator].credits.give_back_read(cycle + round_trip_);
  burst_done(slices_[slice], cycle);
}

void Intake::posted_done(std::uint32_t slice, Cycle cycle) {
  lines_[slices_[slice].initiator].credits.give_back_posted(cycle + round_trip_);
  burst_done(slices_[slice], cycle);
}

void Intake::burst_done(OpenSlice& slice, Cycle cycle) {
  next_known_ = false;
  slice.done = std::max(slice.done, cycle);
  if (--slice.queued == 0 && slice.exhausted) {
    slice.used = false;
    --open_slices_;
    free_.push_back(static_cast<std::uint32_t>(&slice - slices_.data()));
    sink_.slice_done(slice.ticket, slice.initiator, slice.done);
  }
}

Cycle Intake::completion_bound(Cycle horizon, Cycle read_cycles) const {
  Cycle bound = kNeverCycle;
  for (const OpenSlice& slice : slices_) {
    if (!slice.used) {
      continue;
    }
    Cycle done = horizon;
    if (!slice.exhausted) {
      // One burst enters a cycle; a write is done then, a read may be forwarded a cycle later.
      const auto outside = static_cast<Cycle>(slice.cursor.remaining_at_least());
      done = std::max(horizon, slice.arrival) + outside - (slice.is_write ? 1 : 0);
    }
    if (slice.queued > 0) {
      // One column command issues a cycle.
      done = std::max(done, horizon + slice.queued - 1 + read_cycles);
    }
    bound = std::min(bound, done);
  }
  return bound;
}

std::uint32_t Intake::allocate() {
  if (free_.empty()) {
    slices_.emplace_back();
    return static_cast<std::uint32_t>(slices_.size() - 1);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

void Intake::activate(std::uint32_t initiator) {
  waiting_.insert(std::lower_bound(waiting_.begin(), waiting_.end(), initiator), initiator);
  find_start();
}

void Intake::deactivate(std::size_t position) {
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(position));
  find_start();
}

void Intake::find_start() {
  const auto after_last =
      std::find_if(waiting_.begin(), waiting_.end(), [this](std::uint32_t i) { return i > last_; });
  start_ =
      after_last == waiting_.end() ? 0 : static_cast<std::size_t>(after_last - waiting_.begin());
}

}  // namespace orrery::memory::dram
