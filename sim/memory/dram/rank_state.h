// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// When refreshes fall due: the k-th of rank r among the R that share a data bus at
// floor((k R + r + 1) interval / R). So the ranks of a bus take turns, a single rank is refreshed
// at the multiples of the interval, and pseudo-channels, each with a bus of its own, go in step:
// what is interleaved over them would otherwise wait for each in turn.
class RefreshSchedule {
 public:
  // rank counts within its data bus.
  RefreshSchedule(Cycle interval, int rank, int ranks)
      : interval_(interval), next_(rank + 1), ranks_(ranks) {}

  [[nodiscard]] Cycle due() const {
    return static_cast<Cycle>(static_cast<__int128>(next_) * interval_ / ranks_);
  }
  void advance() { next_ += ranks_; }

 private:
  Cycle interval_;
  std::int64_t next_;  // in shares of interval / ranks
  std::int64_t ranks_;
};

// How many banks of a rank are open, and how long it has been in which state.
class RankState {
 public:
  [[nodiscard]] int open_banks() const { return open_banks_; }

  void open_one(Cycle cycle) {
    if (open_banks_++ == 0) {
      statistics_.precharged += cycle - since_;
      since_ = cycle;
    }
  }
  void close(int banks, Cycle cycle) {
    open_banks_ -= banks;
    if (open_banks_ == 0) {
      statistics_.active += cycle - since_;
      since_ = cycle;
    }
  }
  // All banks are closed; the rank is busy for `duration`.
  void refresh(Cycle cycle, Cycle duration) {
    statistics_.precharged += cycle - since_;
    statistics_.refreshing += duration;
    ++statistics_.refreshes;
    since_ = cycle + duration;
  }

  // The account up to `end`, which is not before the last event.
  [[nodiscard]] RankStatistics statistics(Cycle end) const {
    RankStatistics result = statistics_;
    if (open_banks_ > 0) {
      result.active += end - since_;
    } else if (end < since_) {
      result.refreshing -= since_ - end;
    } else {
      result.precharged += end - since_;
    }
    return result;
  }

 private:
  RankStatistics statistics_;
  int open_banks_ = 0;
  Cycle since_ = 0;  // start of the current state; after a refresh, its end
};

}  // namespace orrery::memory::dram
