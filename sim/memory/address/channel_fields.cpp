// SPDX-License-Identifier: Apache-2.0
#include "memory/address/channel_fields.h"

namespace orrery::memory {

ChannelFields::Part seen_from(const ChannelSplit& split, int channel, unsigned local_bits,
                              const BitMasks& masks) {
  ChannelFields::Part part;
  part.masks.resize(masks.size(), 0);
  // A local number is a sum of its bits; what the channel adds is there when all of them are 0.
  const std::uint64_t origin = split.burst(channel, 0);
  part.flipped = mapped(masks, origin);
  for (unsigned bit = 0; bit < local_bits; ++bit) {
    const std::uint64_t moved = origin ^ split.burst(channel, std::uint64_t{1} << bit);
    for (std::size_t i = 0; i < masks.size(); ++i) {
      part.masks[i] |= parity(moved & masks[i]) << bit;
    }
  }
  return part;
}

}  // namespace orrery::memory
