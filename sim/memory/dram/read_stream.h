// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "memory/dram/request_queue.h"

namespace orrery::memory::dram {

// The reads of a stretch that every rank serves in order of arrival: a ring of requests for each
// rank, and the last read of each bank.
class ReadStream {
 public:
  ReadStream(std::int64_t places, int ranks)
      : places_(static_cast<std::uint32_t>(places)),
        mask_(std::bit_ceil(static_cast<std::uint32_t>(places)) - 1),
        rings_(static_cast<std::size_t>(ranks)) {
    for (Ring& ring : rings_) {
      ring.requests.resize(mask_ + 1);
    }
  }

  [[nodiscard]] bool active() const { return active_; }
  void set_active(bool active) { active_ = active; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return size_ == places_; }
  [[nodiscard]] unsigned ranks() const { return static_cast<unsigned>(rings_.size()); }
  [[nodiscard]] std::uint32_t count(unsigned rank) const {
    return rings_[rank].tail - rings_[rank].head;
  }
  // Of a rank that has some.
  [[nodiscard]] const Request& oldest(unsigned rank) const {
    return rings_[rank].requests[rings_[rank].head & mask_];
  }
  // The rank of the oldest of all; not when empty().
  [[nodiscard]] unsigned rank_of_oldest() const {
    unsigned first = ranks();
    for (unsigned rank = 0; rank < ranks(); ++rank) {
      if (count(rank) > 0 && (first == ranks() || oldest(rank).age < oldest(first).age)) {
        first = rank;
      }
    }
    return first;
  }

  Request& push(unsigned rank) {
    ++size_;
    Ring& ring = rings_[rank];
    return ring.requests[ring.tail++ & mask_];
  }
  // The oldest of the rank leaves.
  void drop(unsigned rank) {
    --size_;
    ++rings_[rank].head;
  }
  // Likewise: it has been read.
  void pop(unsigned rank, unsigned bank, Cycle cycle) {
    drop(rank);
    last_read_[bank] = cycle;
    read_ |= std::uint64_t{1} << bank;
  }
  // Calls rest(bank, cycle of its last read) for every bank read since.
  template <class Rest>
  void settle(Rest rest) {
    for (; read_ != 0; read_ &= read_ - 1) {
      const auto bank = static_cast<unsigned>(std::countr_zero(read_));
      rest(bank, last_read_[bank]);
    }
  }

 private:
  struct Ring {
    std::vector<Request> requests;
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
  };

  std::uint32_t places_;
  std::uint32_t mask_;
  std::uint32_t size_ = 0;
  std::vector<Ring> rings_;
  std::array<Cycle, RequestQueue::kMostBanks> last_read_{};
  std::uint64_t read_ = 0;
  bool active_ = false;
};

}  // namespace orrery::memory::dram
