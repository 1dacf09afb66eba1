// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::lowering {

// Buffers that tiles of one operand use in turn, tile t the buffer t mod slots. A tile that is
// still there is not loaded again.
class SlotRing {
 public:
  SlotRing(std::int64_t base, std::int64_t bytes, std::int64_t slots)
      : base_(base), bytes_(bytes), held_(static_cast<std::size_t>(slots)) {}

  [[nodiscard]] std::int64_t address(std::int64_t tile) const {
    return base_ + tile % static_cast<std::int64_t>(held_.size()) * bytes_;
  }

  // Gives the tile its buffer, of which [begin, end) is wanted. True where that has to be loaded:
  // it is not there, or not all of it.
  [[nodiscard]] bool claim(std::int64_t tile, std::int64_t begin = 0, std::int64_t end = 1) {
    Held& held = held_[static_cast<std::size_t>(tile) % held_.size()];
    if (held.tile == tile && held.begin <= begin && end <= held.end) {
      return false;
    }
    held = {tile, begin, end};
    return true;
  }

 private:
  struct Held {
    std::int64_t tile = -1;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  std::int64_t base_;
  std::int64_t bytes_;  // from one buffer to the next
  std::vector<Held> held_;
};

}  // namespace orrery::lowering
