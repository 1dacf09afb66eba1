// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
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
  std::uint32_t age = 0;  // smaller is older; see renumber()
  std::uint32_t row = 0;
  std::uint32_t slice = 0;  // of a read; a posted write may outlive its slice
  AccessStatistics* statistics = nullptr;
  std::uint32_t response = 0;  // of a read: its number in the response queue, if that is in order
  std::uint16_t next = 0;      // in its bank
  std::uint16_t previous = 0;
  std::uint16_t younger = 0;  // in the whole queue
  std::uint16_t older = 0;
  std::uint8_t bank = 0;
  FirstCommand first = FirstCommand::kNone;
};

// The queued requests of one direction: a fixed number of places, the list of all of them and of
// each bank's, oldest first.
class RequestQueue {
 public:
  using Index = std::uint16_t;
  static constexpr Index kNone = 0xffff;
  static constexpr std::size_t kMostBanks = 64;

  explicit RequestQueue(std::int64_t places)
      : places_(static_cast<int>(places)), requests_(static_cast<std::size_t>(places)) {
    heads_.fill(kNone);
    tails_.fill(kNone);
    for (int i = places_; i-- > 0;) {
      free_.push_back(static_cast<Index>(i));
      ++free_count_;
    }
  }

  [[nodiscard]] int places() const { return places_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ == places_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] Request& at(Index index) { return requests_[index]; }
  [[nodiscard]] const Request& at(Index index) const { return requests_[index]; }
  // The oldest request of a bank, and of all; kNone when there is none.
  [[nodiscard]] Index head(unsigned bank) const { return heads_[bank]; }
  [[nodiscard]] Index oldest() const { return oldest_; }
  // The banks with requests, as a mask.
  [[nodiscard]] std::uint64_t occupied() const { return occupied_; }
  [[nodiscard]] int count(unsigned bank) const {
    int result = 0;
    for (Index index = heads_[bank]; index != kNone; index = requests_[index].next) {
      ++result;
    }
    return result;
  }

  // Takes a place at the end of the bank's list; the caller fills in the rest. Not when full().
  Index push(unsigned bank) {
    const Index index = take_place(bank);
    link(index);
    return index;
  }

  void remove(Index index) {
    unlink(index);
    free_place(index);
  }

  // The halves of push() and remove(): a request may have a place and stand in no list.
  Index take_place(unsigned bank) {
    const Index index = free_[--free_count_];
    ++size_;
    Request& entry = requests_[index];
    entry.bank = static_cast<std::uint8_t>(bank);
    entry.first = FirstCommand::kNone;
    return index;
  }
  void free_place(Index index) {
    free_[free_count_++] = index;
    --size_;
  }
  // At the end of the lists.
  void link(Index index) {
    Request& entry = requests_[index];
    const unsigned bank = entry.bank;
    entry.next = kNone;
    entry.previous = tails_[bank];
    if (entry.previous == kNone) {
      heads_[bank] = index;
      occupied_ |= std::uint64_t{1} << bank;
    } else {
      requests_[entry.previous].next = index;
    }
    tails_[bank] = index;
    entry.younger = kNone;
    entry.older = youngest_;
    (youngest_ == kNone ? oldest_ : requests_[youngest_].younger) = index;
    youngest_ = index;
  }
  void unlink(Index index) {
    const Request& entry = requests_[index];
    if (entry.previous == kNone) {
      heads_[entry.bank] = entry.next;
      if (entry.next == kNone) {
        occupied_ &= ~(std::uint64_t{1} << entry.bank);
      }
    } else {
      requests_[entry.previous].next = entry.next;
    }
    if (entry.next == kNone) {
      tails_[entry.bank] = entry.previous;
    } else {
      requests_[entry.next].previous = entry.previous;
    }
    (entry.older == kNone ? oldest_ : requests_[entry.older].younger) = entry.younger;
    (entry.younger == kNone ? youngest_ : requests_[entry.younger].older) = entry.older;
  }
  // All of them.
  void unlink_all() {
    for (; occupied_ != 0; occupied_ &= occupied_ - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(occupied_));
      heads_[bank] = tails_[bank] = kNone;
    }
    oldest_ = youngest_ = kNone;
  }

  // The oldest request to the row in the list that starts at `from`, or kNone.
  [[nodiscard]] Index first_hit(Index from, std::uint32_t row) const {
    while (from != kNone && requests_[from].row != row) {
      from = requests_[from].next;
    }
    return from;
  }

  // Whether the bank has a request to another row that is older than `age`.
  [[nodiscard]] bool holds_older_miss(unsigned bank, std::uint32_t row, std::uint32_t age) const {
    for (Index index = heads_[bank]; index != kNone && requests_[index].age < age;
         index = requests_[index].next) {
      if (requests_[index].row != row) {
        return true;
      }
    }
    return false;
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

  // Appends the queued requests, oldest first.
  void collect(std::vector<Request*>& queued);

 private:
  int places_;
  int size_ = 0;
  std::vector<Request> requests_;
  std::vector<Index> free_;  // the first free_count_ are valid
  std::size_t free_count_ = 0;
  std::array<Index, kMostBanks> heads_;
  std::array<Index, kMostBanks> tails_;
  std::uint64_t occupied_ = 0;
  Index oldest_ = kNone;
  Index youngest_ = kNone;
};

// Gives the requests of both queues the ages from 0 on, in the order of their arrival. Returns the
// next free age.
std::uint32_t renumber(RequestQueue& reads, RequestQueue& writes);

}  // namespace orrery::memory::dram
