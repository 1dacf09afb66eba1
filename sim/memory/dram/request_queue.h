// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "memory/dram/statistics.h"

namespace orrery::memory::dram {

// What had to be done first for a request.
enum class FirstCommand : std::uint8_t { kNone, kActivate, kPrecharge };

// A burst in a window.
struct Request {
  std::uint64_t burst = 0;   // local burst number
  std::uint64_t number = 0;  // in order of arrival
  Cycle arrival = 0;
  std::uint32_t age = 0;  // smaller is older; see RequestQueue::renumber
  std::uint32_t row = 0;
  std::uint32_t slice = 0;  // of a read; a posted write may outlive its slice
  AccessStatistics* statistics = nullptr;
  std::uint16_t next = 0;
  std::uint16_t previous = 0;
  std::uint8_t bank = 0;
  FirstCommand first = FirstCommand::kNone;
};

// A window of requests of one direction: a fixed number of places, and for each bank the list of
// its requests, oldest first.
class RequestQueue {
 public:
  using Index = std::uint16_t;
  static constexpr Index kNone = 0xffff;
  static constexpr std::size_t kMostBanks = 64;

  explicit RequestQueue(int places) : places_(places), requests_(static_cast<std::size_t>(places)) {
    heads_.fill(kNone);
    tails_.fill(kNone);
    for (int i = places; i-- > 0;) {
      free_.push_back(static_cast<Index>(i));
      ++free_count_;
    }
  }

  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ == places_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] Request& at(Index index) { return requests_[index]; }
  [[nodiscard]] const Request& at(Index index) const { return requests_[index]; }
  [[nodiscard]] Index head(unsigned bank) const { return heads_[bank]; }

  // Takes a place at the end of the bank's list; the caller fills in the rest. Not when full().
  Index push(unsigned bank) {
    const Index index = free_[--free_count_];
    ++size_;
    Request& entry = requests_[index];
    entry.bank = static_cast<std::uint8_t>(bank);
    entry.first = FirstCommand::kNone;
    entry.next = kNone;
    entry.previous = tails_[bank];
    if (entry.previous == kNone) {
      heads_[bank] = index;
    } else {
      requests_[entry.previous].next = index;
    }
    tails_[bank] = index;
    return index;
  }

  void remove(Index index) {
    const Request& entry = requests_[index];
    if (entry.previous == kNone) {
      heads_[entry.bank] = entry.next;
    } else {
      requests_[entry.previous].next = entry.next;
    }
    if (entry.next == kNone) {
      tails_[entry.bank] = entry.previous;
    } else {
      requests_[entry.next].previous = entry.previous;
    }
    free_[free_count_++] = index;
    --size_;
  }

  // The oldest request to the row in the list that starts at `from`, or kNone.
  [[nodiscard]] Index first_hit(Index from, std::uint32_t row) const {
    while (from != kNone && requests_[from].row != row) {
      from = requests_[from].next;
    }
    return from;
  }

  // Whether a queued request has exactly this burst.
  [[nodiscard]] bool holds(unsigned bank, std::uint64_t burst) const {
    for (Index index = heads_[bank]; index != kNone; index = requests_[index].next) {
      if (requests_[index].burst == burst) {
        return true;
      }
    }
    return false;
  }

  // Gives the queued requests the ages from `first` on, in their order. Returns the next free age.
  std::uint32_t renumber(std::uint32_t first);

 private:
  int places_;
  int size_ = 0;
  std::vector<Request> requests_;
  std::vector<Index> free_;  // the first free_count_ are valid
  std::size_t free_count_ = 0;
  std::array<Index, kMostBanks> heads_;
  std::array<Index, kMostBanks> tails_;
};

}  // namespace orrery::memory::dram
