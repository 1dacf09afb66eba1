// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "memory/address/channel_split.h"
#include "memory/address/field_map.h"

namespace orrery::memory {

// What the burst numbers of one channel mean: bit i of its bank, row and column is the parity of
// the number under mask i, flipped where bit i of the second member is set.
struct ChannelFields {
  struct Part {
    BitMasks masks;
    std::uint64_t flipped = 0;
    bool operator==(const Part&) const = default;
  };
  Part bank;  // the channel's banks numbered through, outermost level first
  Part row;
  Part column;
  bool operator==(const ChannelFields&) const = default;
};

// The same bits of the tier's burst number, seen by the local numbers of one channel.
// local_bits: bits of a local number.
[[nodiscard]] ChannelFields::Part seen_from(const ChannelSplit& split, int channel,
                                            unsigned local_bits, const BitMasks& masks);

}  // namespace orrery::memory
