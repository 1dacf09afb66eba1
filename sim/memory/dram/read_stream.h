// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "memory/dram/request_queue.h"

namespace orrery::memory::dram {

// The reads of a stretch that every rank serves in order of arrival: a ring of places of the queue
// of reads for each rank, and which banks have been read.
class ReadStream {
 public:
  using Index = RequestQueue::Index;

  ReadStream(std::int64_t places, int ranks)
      : mask_(std::bit_ceil(static_cast<std::uint32_t>(places)) - 1),
        rings_(static_cast<std::size_t>(ranks)) {
    for (Ring& ring : rings_) {
      ring.places.resize(mask_ + 1);
    }
  }

  [[nodiscard]] bool active() const { return active_; }
  void set_active(bool active) { active_ = active; }
  [[nodiscard]] unsigned ranks() const { return static_cast<unsigned>(rings_.size()); }
  [[nodiscard]] std::uint32_t count(unsigned rank) const {
    return rings_[rank].tail - rings_[rank].head;
  }
  // Of a rank that has some.
  [[nodiscard]] Index oldest(unsigned rank) const {
    return rings_[rank].places[rings_[rank].head & mask_];
  }

  void push(unsigned rank, Index index) {
    Ring& ring = rings_[rank];
    ring.places[ring.tail++ & mask_] = index;
  }
  // The oldest of the rank leaves.
  void drop(unsigned rank) { ++rings_[rank].head; }

  void mark_read(unsigned bank) { read_ |= std::uint64_t{1} << bank; }
  // Calls rest(bank) for every bank marked since.
  template <class Rest>
  void settle(Rest rest) {
    for (; read_ != 0; read_ &= read_ - 1) {
      rest(static_cast<unsigned>(std::countr_zero(read_)));
    }
  }

 private:
  struct Ring {
    std::vector<Index> places;
    std::uint32_t head = 0;
    std::uint32_t tail = 0;
  };

  std::uint32_t mask_;
  std::vector<Ring> rings_;
  std::uint64_t read_ = 0;
  bool active_ = false;
};

}  // namespace orrery::memory::dram
