// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "memory/address/linear_map.h"

namespace orrery::memory {

// Divides burst numbers among 2^k channels by k parities of their bits. The bursts of a channel are
// numbered in the order of their addresses, without gaps: that is their local number. So a range of
// the tier is one range of each channel whatever is hashed, and a local number is made of the bits
// of the burst number that are no pivots (see Reduced), while each pivot follows from the bits
// above it and the channel.
class ChannelSplit {
 public:
  // Mask i over the `bits` bits of a burst number gives bit i of the channel's number. The masks
  // are independent.
  ChannelSplit(BitMasks channel_masks, unsigned bits);

  [[nodiscard]] int channels() const { return 1 << channel_masks_.size(); }
  [[nodiscard]] std::uint64_t bursts() const { return std::uint64_t{1} << bits_; }
  // Aligned blocks of so many bursts lie on one channel: up to the lowest bit that selects one.
  [[nodiscard]] std::uint64_t run() const { return run_; }
  // What selects the channel repeats after so many bursts.
  [[nodiscard]] std::uint64_t period() const { return period_; }

  [[nodiscard]] int channel(std::uint64_t burst) const {
    return static_cast<int>(mapped(channel_masks_, burst));
  }
  // The local number of a burst on its channel.
  [[nodiscard]] std::uint64_t local(std::uint64_t burst) const { return without_pivots(burst); }
  // The inverse of channel() and local().
  [[nodiscard]] std::uint64_t burst(int channel, std::uint64_t local) const;
  // How many bursts of the channel lie below a burst number, which may be bursts(): O(k).
  [[nodiscard]] std::uint64_t local_below(int channel, std::uint64_t burst) const;
  // Whether the bits that all bursts from `first` to `last` have in common keep them from the
  // channel. Quick; none of those for which it returns false need lie there.
  [[nodiscard]] bool surely_misses(int channel, std::uint64_t first, std::uint64_t last) const {
    const std::uint64_t sums = wanted(channel);
    const std::uint64_t different = first ^ last;
    for (std::size_t i = 0; i < pivots_.size(); ++i) {
      if (different >> pivots_[i].place != 0) {
        return false;
      }
      if (parity(first & pivots_[i].mask) != (sums >> i & 1U)) {
        return true;
      }
    }
    return false;
  }

 private:
  // Bit i: what pivot row i must add up to for the channel.
  [[nodiscard]] std::uint64_t wanted(int channel) const {
    return wanted_[static_cast<std::size_t>(channel)];
  }
  [[nodiscard]] std::uint64_t without_pivots(std::uint64_t bits) const;

  struct Pivot {
    std::uint64_t mask = 0;
    unsigned place = 0;
    unsigned free_below = 0;  // bits below it that are no pivots
  };
  // A stretch of bits that are no pivots.
  struct Stretch {
    unsigned from = 0;  // place in the burst number
    unsigned to = 0;    // place in the local number
    std::uint64_t mask = 0;
  };

  BitMasks channel_masks_;
  std::vector<std::uint64_t> wanted_;  // by channel
  std::vector<Pivot> pivots_;          // by falling place
  std::vector<Stretch> stretches_;
  unsigned bits_;
  std::uint64_t run_ = 0;
  std::uint64_t period_ = 1;
};

}  // namespace orrery::memory
