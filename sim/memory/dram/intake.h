// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "memory/dram/arbiter.h"
#include "memory/dram/channel_map.h"
#include "memory/dram/credit_pool.h"
#include "memory/dram/slice.h"
#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// Which bursts find a place.
struct Door {
  bool reads_full = false;
  bool writes_full = false;
  std::uint64_t full_banks = 0;
  const ChannelMap& map;
  const std::int64_t* open_rows;  // by bank; negative: closed
};

// The entrance of a channel: one line of slices for each initiator, its credits, and the rule who
// enters next.
class Intake {
 public:
  // One burst that has entered.
  struct Arrival {
    std::uint64_t burst = 0;
    std::uint32_t slice = 0;
    bool is_write = false;
  };

  // credits: for each initiator, at least 1, unless `own_credits` has a positive number at its
  // index. round_trip: cycles from the end of a burst until its
  // credit counts again, at least 0.
  Intake(int credits, std::vector<int> own_credits, Cycle round_trip,
         std::unique_ptr<const Arbiter> arbiter, CompletionSink& sink)
      : arbiter_(std::move(arbiter)),
        credits_(credits),
        own_credits_(std::move(own_credits)),
        round_trip_(round_trip),
        sink_(sink) {}

  // The statistics must outlive the slice. A slice without bursts is not allowed.
  void submit(Slice slice, Cycle arrival, AccessStatistics& statistics);

  // The first cycle, not before `floor`, in which a burst enters if nothing else happens before;
  // kNeverCycle when none can. Remembered until something changes.
  [[nodiscard]] Cycle next_cycle(const Door& door, Cycle floor) {
    if (!next_known_) {
      find_next(door, floor);
    }
    return next_.cycle;
  }

  // Whether one initiator alone waits: who enters next is then no question. Of its next burst: its
  // direction, the first cycle from `floor` on in which it may enter if there is a place.
  [[nodiscard]] bool has_only_one() const { return only_ != nullptr; }
  [[nodiscard]] bool only_is_write() const { return slices_[only_->head].is_write; }
  [[nodiscard]] Cycle only_ready(Cycle floor) const {
    return std::max(std::max(slices_[only_->head].arrival, floor), only_->credits.ready());
  }
  // Takes it, as take() does.
  Arrival take_only(Cycle cycle) { return enter(0, cycle); }

  // Whether next_cycle() is remembered and needs no door.
  [[nodiscard]] bool next_known() const { return next_known_; }
  [[nodiscard]] Cycle known_next() const { return next_.cycle; }

  // Takes the burst that enters in `cycle`, which next_cycle() has just returned.
  Arrival take(const Door& door, Cycle cycle);

  // What the arbiter sees: the initiators with a slice in line, by position in ascending order.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // The position after the one that entered last.
  [[nodiscard]] std::size_t first_in_turn() const { return start_; }
  [[nodiscard]] Cycle arrival(std::size_t position) const { return at_door(position).arrival; }
  // The first cycle from `floor` on in which the next burst of the line may enter.
  [[nodiscard]] Cycle ready(std::size_t position, const Door& door, Cycle floor) const {
    const Line& line = lines_[waiting_[position]];
    const OpenSlice& slice = slices_[line.head];
    const bool full = slice.is_write ? door.writes_full : door.reads_full;
    if (full || (door.full_banks != 0 &&
                 (door.full_banks >> door.map.bank(slice.cursor.peek()) & 1U) != 0)) {
      return kNeverCycle;
    }
    return std::max(std::max(slice.arrival, floor), line.credits.ready());
  }
  [[nodiscard]] bool row_is_open(std::size_t position, const Door& door) const {
    const std::uint64_t burst = at_door(position).cursor.peek();
    return door.open_rows[door.map.bank(burst)] == static_cast<std::int64_t>(door.map.row(burst));
  }

  // To be called when a place became free.
  void place_freed() { next_known_ = false; }

  // The burst of a slice is done; read: by its column command.
  void read_done(std::uint32_t slice, Cycle cycle) {
    lines_[slices_[slice].initiator].credits.give_back_read(cycle + round_trip_);
    burst_done(slices_[slice], cycle);
  }
  void posted_done(std::uint32_t slice, Cycle cycle) {
    lines_[slices_[slice].initiator].credits.give_back_posted(cycle + round_trip_);
    burst_done(slices_[slice], cycle);
  }

  [[nodiscard]] AccessStatistics& statistics(std::uint32_t slice) {
    return *slices_[slice].statistics;
  }
  [[nodiscard]] bool empty() const { return open_slices_ == 0; }

  // No slice submitted so far is done before this cycle, given that no burst enters and no column
  // command issues before `horizon`; kNeverCycle when there is none. read_cycles: from a read's
  // column command to the end of its data. in_order: reads are done in the order of their arrival.
  // Stays true when further slices come.
  [[nodiscard]] Cycle completion_bound(Cycle horizon, Cycle read_cycles, bool in_order) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // As small as may be: many wait.
  struct OpenSlice {
    SliceCursor cursor;
    AccessStatistics* statistics = nullptr;
    std::uint64_t ticket = 0;
    Cycle arrival = 0;
    Cycle done = 0;
    std::uint32_t initiator = 0;
    std::uint32_t next = kNone;
    std::uint32_t queued : 29 = 0;  // bursts entered and not done
    bool is_write : 1 = false;
    bool exhausted : 1 = false;  // all bursts have entered
    bool used : 1 = false;
  };
  struct Line {
    explicit Line(int credits) : credits(credits) {}
    CreditPool credits;
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
  };

  [[nodiscard]] const OpenSlice& at_door(std::size_t position) const {
    return slices_[lines_[waiting_[position]].head];
  }
  void find_next(const Door& door, Cycle floor);
  // The next burst of the line at this position enters.
  Arrival enter(std::size_t position, Cycle cycle) {
    Line& line = lines_[waiting_[position]];
    const std::uint32_t index = line.head;
    OpenSlice& slice = slices_[index];
    line.credits.take(cycle);
    const Arrival arrival = {slice.cursor.next(), index, slice.is_write};
    ++slice.queued;
    last_ = waiting_[position];
    start_ = position + 1 == waiting_.size() ? 0 : position + 1;
    next_known_ = false;
    if (slice.cursor.done()) {
      pass_on(position);
    }
    return arrival;
  }
  // All bursts of the slice at the door have entered.
  void pass_on(std::size_t position);
  std::uint32_t allocate();
  void activate(std::uint32_t initiator);
  void deactivate(std::size_t position);
  void find_start();
  // To be called when another initiator waits, or one no more.
  void find_only() { only_ = waiting_.size() == 1 ? &lines_[waiting_[0]] : nullptr; }
  void burst_done(OpenSlice& slice, Cycle cycle) {
    next_known_ = false;
    slice.done = std::max(slice.done, cycle);
    if (--slice.queued == 0 && slice.exhausted) {
      finish(slice);
    }
  }
  // All bursts of the slice are done.
  void finish(OpenSlice& slice);

  const std::unique_ptr<const Arbiter> arbiter_;
  int credits_;
  std::vector<int> own_credits_;
  Cycle round_trip_;
  CompletionSink& sink_;
  std::vector<OpenSlice> slices_;
  std::vector<std::uint32_t> free_;
  std::vector<Line> lines_;             // by initiator
  std::vector<std::uint32_t> waiting_;  // initiators with a slice in line, ascending
  std::size_t start_ = 0;               // in waiting_: the first after the one that entered last
  std::int64_t last_ = -1;
  std::size_t open_slices_ = 0;
  const Line* only_ = nullptr;  // where one initiator alone waits
  bool next_known_ = false;
  Arbiter::Choice next_ = {kNeverCycle, 0};
};

}  // namespace orrery::memory::dram
