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

  // kNeverCycle when empty.
  [[nodiscard]] Cycle first_ready() const { return ready_[head_]; }
  unsigned take_first() { return banks_[head_++]; }

  void add(Cycle ready, unsigned bank) {
    if (tail_ == kRoom) [[unlikely]] {
      move_to_front();
    }
    unsigned i = tail_++;
    ready_[tail_] = kNeverCycle;
    for (; i > head_ && ready_[i - 1] > ready; --i) {
      ready_[i] = ready_[i - 1];
      banks_[i] = banks_[i - 1];
    }
    ready_[i] = ready;
    banks_[i] = static_cast<std::uint8_t>(bank);
  }
  [[nodiscard]] bool has(unsigned bank) const { return std::find(begin(), end(), bank) != end(); }
  void remove(unsigned bank) {
    const auto found = std::find(begin(), end(), bank);
    if (found == end()) {
      return;
    }
    const auto index = static_cast<std::size_t>(found - banks_.data());
    std::copy(banks_.data() + index + 1, banks_.data() + tail_, banks_.data() + index);
    std::copy(ready_.data() + index + 1, ready_.data() + tail_ + 1, ready_.data() + index);
    --tail_;
  }
  void clear() {
    head_ = tail_ = 0;
    ready_[0] = kNeverCycle;
  }

  // Calls visit(cycle, bank) in order while it returns true.
  template <class Visit>
  void for_each(Visit visit) const {
    for (unsigned i = head_; i < tail_ && visit(ready_[i], unsigned{banks_[i]}); ++i) {
    }
  }

 private:
  static constexpr unsigned kRoom = 2 * RequestQueue::kMostBanks;

  [[nodiscard]] const std::uint8_t* begin() const { return banks_.data() + head_; }
  [[nodiscard]] const std::uint8_t* end() const { return banks_.data() + tail_; }
  void move_to_front() {
    std::copy(banks_.data() + head_, banks_.data() + tail_, banks_.data());
    std::copy(ready_.data() + head_, ready_.data() + tail_, ready_.data());
    tail_ -= head_;
    head_ = 0;
  }

  unsigned head_ = 0;
  unsigned tail_ = 0;
  std::array<Cycle, kRoom + 1> ready_;  // kNeverCycle behind the last
  std::array<std::uint8_t, kRoom> banks_;
};

}  // namespace orrery::memory::dram
