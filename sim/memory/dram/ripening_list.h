// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "memory/dram/credit_pool.h"
#include "memory/dram/request_queue.h"

namespace orrery::memory::dram {

// Banks by the cycle from which on each allows a command, the first in front. They come nearly in
// that order.
class RipeningList {
 public:
  RipeningList() { clear(); }

  [[nodiscard]] bool has(unsigned bank) const { return (banks_ >> bank & 1U) != 0; }
  // Whether the first allows the command by this cycle.
  [[nodiscard]] bool is_ripe(Cycle cycle) const { return words_[head_] < word(cycle + 1, 0); }
  unsigned take_first() {
    const unsigned bank = bank_of(words_[head_++]);
    banks_ &= ~(std::uint64_t{1} << bank);
    return bank;
  }

  // ready: at least 0.
  void add(Cycle ready, unsigned bank) {
    if (tail_ == kRoom) [[unlikely]] {
      move_to_front();
    }
    banks_ |= std::uint64_t{1} << bank;
    const std::uint64_t added = word(ready, bank);
    unsigned i = tail_++;
    words_[tail_] = kEnd;
    for (; i > head_ && words_[i - 1] > added; --i) {
      words_[i] = words_[i - 1];
    }
    words_[i] = added;
  }
  void remove(unsigned bank) {
    if (!has(bank)) {
      return;
    }
    banks_ &= ~(std::uint64_t{1} << bank);
    std::uint64_t* const first = words_.data() + head_;
    std::uint64_t* const found = std::find_if(
        first, words_.data() + tail_, [bank](std::uint64_t word) { return bank_of(word) == bank; });
    std::copy(found + 1, words_.data() + tail_ + 1, found);
    --tail_;
  }
  void clear() {
    head_ = tail_ = 0;
    banks_ = 0;
    words_[0] = kEnd;
  }

  // Calls visit(cycle, bank) in order while it returns true; behind the last, a cycle beyond all
  // others must return false.
  template <class Visit>
  void for_each(Visit visit) const {
    for (unsigned i = head_; visit(static_cast<Cycle>(words_[i] / kBanks), bank_of(words_[i]));
         ++i) {
    }
  }

 private:
  static constexpr std::uint64_t kBanks = RequestQueue::kMostBanks;
  static constexpr unsigned kRoom = 2 * kBanks;
  static constexpr std::uint64_t kEnd = ~std::uint64_t{0};

  [[nodiscard]] static std::uint64_t word(Cycle ready, unsigned bank) {
    return static_cast<std::uint64_t>(ready) * kBanks + bank;
  }
  [[nodiscard]] static unsigned bank_of(std::uint64_t word) {
    return static_cast<unsigned>(word % kBanks);
  }
  void move_to_front() {
    std::copy(words_.data() + head_, words_.data() + tail_, words_.data());
    tail_ -= head_;
    head_ = 0;
  }

  unsigned head_ = 0;
  unsigned tail_ = 0;
  std::uint64_t banks_ = 0;
  std::array<std::uint64_t, kRoom + 1> words_;  // kEnd behind the last
};

}  // namespace orrery::memory::dram
