// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "memory/dram/credit_pool.h"
#include "memory/dram/slice.h"
#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// The door of a channel: one line of slices for each initiator, its credits, and the rule who
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
  Intake(int credits, std::vector<int> own_credits, Cycle round_trip, CompletionSink& sink)
      : credits_(credits),
        own_credits_(std::move(own_credits)),
        round_trip_(round_trip),
        sink_(sink) {}

  // The statistics must outlive the slice. A slice without bursts is not allowed.
  void submit(const Slice& slice, Cycle arrival, AccessStatistics& statistics);

  // The first cycle, not before `floor`, in which a burst enters if nothing else happens before;
  // kNeverCycle when none can. Remembered until something changes.
  [[nodiscard]] Cycle next_cycle(bool reads_full, bool writes_full, Cycle floor) {
    if (!next_known_) {
      find_next(reads_full, writes_full, floor);
    }
    return next_;
  }

  // Takes the burst that enters in `cycle`, which next_cycle() has just returned.
  Arrival take(Cycle cycle);

  // To be called when a place became free.
  void place_freed() { next_known_ = false; }

  // The burst of a slice is done; read: by its column command.
  void read_done(std::uint32_t slice, Cycle cycle);
  void posted_done(std::uint32_t slice, Cycle cycle);

  [[nodiscard]] AccessStatistics& statistics(std::uint32_t slice) {
    return *slices_[slice].statistics;
  }
  [[nodiscard]] bool empty() const { return open_slices_ == 0; }

  // No slice submitted so far is done before this cycle, given that no burst enters and no column
  // command issues before `horizon`; kNeverCycle when there is none. read_cycles: from a read's
  // column command to the end of its data. Stays true when further slices come.
  [[nodiscard]] Cycle completion_bound(Cycle horizon, Cycle read_cycles) const;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct OpenSlice {
    SliceCursor cursor;
    AccessStatistics* statistics = nullptr;
    std::uint64_t ticket = 0;
    Cycle arrival = 0;
    Cycle done = 0;
    std::uint32_t initiator = 0;
    std::uint32_t queued = 0;  // bursts entered and not done
    std::uint32_t next = kNone;
    bool is_write = false;
    bool exhausted = false;  // all bursts have entered
    bool used = false;
  };
  struct Line {
    explicit Line(int credits) : credits(credits) {}
    CreditPool credits;
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
  };

  void find_next(bool reads_full, bool writes_full, Cycle floor);
  std::uint32_t allocate();
  void activate(std::uint32_t initiator);
  void deactivate(std::size_t position);
  void find_start();
  void burst_done(OpenSlice& slice, Cycle cycle);

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
  bool next_known_ = false;
  Cycle next_ = kNeverCycle;
  std::size_t next_position_ = 0;  // in waiting_
};

}  // namespace orrery::memory::dram
