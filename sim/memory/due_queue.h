// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace orrery::memory {

// Items by the cycle in which they are due; those of one cycle in the order in which they were
// given. Holds them in one piece of memory: nothing is allocated for each.
template <class T>
class DueQueue {
 public:
  void push(base::Cycle cycle, T item) { items_.push({cycle, next_++, std::move(item)}); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  // Of the first item.
  [[nodiscard]] base::Cycle cycle() const { return items_.top().cycle; }
  // Takes the first item out.
  T pop() {
    T item = items_.top().item;
    items_.pop();
    return item;
  }

 private:
  struct Entry {
    base::Cycle cycle = 0;
    std::uint64_t number = 0;
    T item;
    // The first is on top.
    bool operator<(const Entry& other) const {
      return cycle != other.cycle ? cycle > other.cycle : number > other.number;
    }
  };
  std::priority_queue<Entry> items_;
  std::uint64_t next_ = 0;
};

}  // namespace orrery::memory
