// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/intake.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace orrery::memory::dram {

void Intake::submit(Slice slice, Cycle arrival, AccessStatistics& statistics) {
  base::require_invariant(!slice.cursor.done(), "a slice has bursts");
  const std::uint32_t index = allocate();
  OpenSlice& open = slices_[index];
  open.cursor = std::move(slice.cursor);
  open.statistics = &statistics;
  open.ticket = slice.ticket;
  open.arrival = arrival;
  open.done = 0;
  open.initiator = slice.initiator;
  open.next = kNone;
  open.queued = 0;
  open.is_write = slice.is_write;
  open.exhausted = false;
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
  find_only();
  next_known_ = false;
}

void Intake::find_next(const Door& door, Cycle floor) {
  next_known_ = true;
  next_ = waiting_.size() == 1 ? Arbiter::Choice{ready(0, door, floor), 0}
                               : arbiter_->choose(*this, door, floor);
}

Intake::Arrival Intake::take(const Door& door, Cycle cycle) {
  if (waiting_.size() > 1 && arbiter_->depends_on_rows()) {
    next_ = arbiter_->choose(*this, door, cycle);
  }
  return enter(next_.position, cycle);
}

void Intake::pass_on(std::size_t position) {
  Line& line = lines_[waiting_[position]];
  slices_[line.head].exhausted = true;
  line.head = slices_[line.head].next;
  if (line.head == kNone) {
    deactivate(position);
    find_only();
  }
}

void Intake::finish(OpenSlice& slice) {
  slice.used = false;
  --open_slices_;
  free_.push_back(static_cast<std::uint32_t>(&slice - slices_.data()));
  sink_.slice_done(slice.ticket, slice.initiator, slice.done);
}

Cycle Intake::completion_bound(Cycle horizon, Cycle read_cycles, bool in_order) const {
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
      // One column command issues a cycle. In order, the data of all may have ended, and an older
      // read of another slice holds them up.
      done = std::max(done, horizon + (in_order ? 0 : slice.queued - 1) + read_cycles);
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
