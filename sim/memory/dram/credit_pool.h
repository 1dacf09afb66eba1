// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/clock.h"

namespace orrery::memory::dram {

using base::Cycle;

inline constexpr Cycle kNeverCycle = std::numeric_limits<Cycle>::max();

// How many bursts one initiator may have outstanding at one channel. A burst takes a credit when it
// arrives; the credit is on its way back once the burst is done, and counts again from the cycle
// given to give_back().
class CreditPool {
 public:
  explicit CreditPool(int credits)
      : credits_(credits), from_reads_(credits), from_posted_(credits) {}

  // The first cycle from which a credit is there, kNeverCycle when that is not known yet.
  [[nodiscard]] Cycle ready() const {
    if (outstanding_ < credits_) {
      return 0;
    }
    return std::min(from_reads_.front(), from_posted_.front());
  }

  // Takes a credit in a cycle not before ready().
  void take(Cycle cycle) {
    outstanding_ += 1 - from_reads_.drop_until(cycle) - from_posted_.drop_until(cycle);
  }

  // Reads come back in the order of their column commands; posted writes and forwarded reads in the
  // order of arrival: each of the two sequences never goes back in time.
  void give_back_read(Cycle cycle) { from_reads_.push(cycle); }
  void give_back_posted(Cycle cycle) { from_posted_.push(cycle); }

 private:
  // A queue of cycles that never decrease, with room for all credits.
  class Returns {
   public:
    explicit Returns(int room)
        : cycles_(std::bit_ceil(static_cast<std::size_t>(room))), mask_(cycles_.size() - 1) {}
    [[nodiscard]] Cycle front() const {
      return head_ == tail_ ? kNeverCycle : cycles_[head_ & mask_];
    }
    void push(Cycle cycle) { cycles_[tail_++ & mask_] = cycle; }
    int drop_until(Cycle cycle) {
      int dropped = 0;
      while (front() <= cycle) {
        ++head_;
        ++dropped;
      }
      return dropped;
    }

   private:
    std::vector<Cycle> cycles_;
    std::size_t mask_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
  };

  int credits_;
  int outstanding_ = 0;
  Returns from_reads_;
  Returns from_posted_;
};

}  // namespace orrery::memory::dram
