// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// Reads that have entered and are answered in the order of their arrival.
class ResponseQueue {
 public:
  struct Entry {
    Cycle arrival = 0;
    Cycle data_end = -1;  // -1: not known yet
    std::uint32_t slice = 0;
    AccessStatistics* statistics = nullptr;
  };

  // Returns the number of the read.
  std::uint32_t enter(Cycle arrival, std::uint32_t slice, AccessStatistics& statistics) {
    entries_.push_back({arrival, -1, slice, &statistics});
    return first_ + static_cast<std::uint32_t>(entries_.size()) - 1;
  }

  // The data of a read end in this cycle. Calls done(entry, cycle) for every read that is answered
  // now that this is known.
  template <class Done>
  void ended(std::uint32_t number, Cycle cycle, Done done) {
    entries_[number - first_].data_end = cycle;
    while (!entries_.empty() && entries_.front().data_end >= 0) {
      last_ = std::max(last_, entries_.front().data_end);
      const Entry entry = entries_.front();
      entries_.pop_front();
      ++first_;
      done(entry, last_);
    }
  }

 private:
  std::deque<Entry> entries_;
  std::uint32_t first_ = 0;  // number of the front; wraps
  Cycle last_ = 0;
};

}  // namespace orrery::memory::dram
