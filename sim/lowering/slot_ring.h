// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace orrery::lowering {

// Buffers that tiles of one operand use in turn, tile t the buffer t mod slots. A tile that is
// still there is not loaded again.
class SlotRing {
 public:
  SlotRing(std::int64_t base, std::int64_t bytes, std::int64_t slots)
      : base_(base), bytes_(bytes), held_(static_cast<std::size_t>(slots), {-1, 0}) {}

  [[nodiscard]] std::int64_t address(std::int64_t tile) const {
    return base_ + tile % static_cast<std::int64_t>(held_.size()) * bytes_;
  }

  // Gives the tile its buffer. True where it has to be loaded: it is not there, or not as much of
  // it.
  [[nodiscard]] bool claim(std::int64_t tile, std::int64_t amount = 1) {
    const std::pair<std::int64_t, std::int64_t> wanted{tile, amount};
    auto& held = held_[static_cast<std::size_t>(tile) % held_.size()];
    if (held == wanted) {
      return false;
    }
    held = wanted;
    return true;
  }

 private:
  std::int64_t base_;
  std::int64_t bytes_;                                       // from one buffer to the next
  std::vector<std::pair<std::int64_t, std::int64_t>> held_;  // tile and how much of it
};

}  // namespace orrery::lowering
