// SPDX-License-Identifier: Apache-2.0
#include "memory/address/channel_split.h"

#include <bit>
#include <utility>

#include "base/error.h"

namespace orrery::memory {

ChannelSplit::ChannelSplit(BitMasks channel_masks, unsigned bits)
    : channel_masks_(std::move(channel_masks)), bits_(bits) {
  const Reduced reduced = reduce(channel_masks_);
  base::require_invariant(!reduced.dependent, "the bits that select a channel are independent");
  BitMasks wanted;  // pivot row i as a sum of channel bits
  std::uint64_t pivots = 0;
  std::uint64_t selecting = 0;
  for (const Reduced::Row& row : reduced.rows) {
    pivots |= std::uint64_t{1} << row.pivot;
    selecting |= row.mask;
    pivots_.push_back({row.mask, row.pivot, 0});
    wanted.push_back(row.sources);
  }
  for (int channel = 0; channel < channels(); ++channel) {
    wanted_.push_back(mapped(wanted, static_cast<std::uint64_t>(channel)));
  }
  for (Pivot& pivot : pivots_) {
    const std::uint64_t below = (std::uint64_t{1} << pivot.place) - 1;
    pivot.free_below = static_cast<unsigned>(std::popcount(~pivots & below));
  }
  unsigned to = 0;
  for (unsigned from = 0; from < bits_;) {
    if ((pivots >> from & 1U) != 0) {
      ++from;
      continue;
    }
    unsigned end = from;
    while (end < bits_ && (pivots >> end & 1U) == 0) {
      ++end;
    }
    stretches_.push_back({from, to, (std::uint64_t{1} << (end - from)) - 1});
    to += end - from;
    from = end;
  }
  run_ = selecting == 0 ? bursts() : std::uint64_t{1} << std::countr_zero(selecting);
  period_ = std::uint64_t{1} << std::bit_width(selecting);
}

std::uint64_t ChannelSplit::without_pivots(std::uint64_t bits) const {
  std::uint64_t result = 0;
  for (const Stretch& stretch : stretches_) {
    result |= (bits >> stretch.from & stretch.mask) << stretch.to;
  }
  return result;
}

std::uint64_t ChannelSplit::burst(int channel, std::uint64_t local) const {
  std::uint64_t result = 0;
  for (const Stretch& stretch : stretches_) {
    result |= (local >> stretch.to & stretch.mask) << stretch.from;
  }
  // No row has the pivot of another one: the order does not matter.
  const std::uint64_t sums = wanted(channel);
  std::uint64_t pivots = 0;
  for (std::size_t i = 0; i < pivots_.size(); ++i) {
    pivots |= (parity(result & pivots_[i].mask) ^ (sums >> i & 1U)) << pivots_[i].place;
  }
  return result | pivots;
}

// Walks down from the highest bit along the bits of `burst`. All goes well until a pivot has
// another value than the channel's bursts with these bits above it have: they are then all below
// (theirs is 0) or all above.
std::uint64_t ChannelSplit::local_below(int channel, std::uint64_t burst) const {
  if (burst >= bursts()) {
    return bursts() >> pivots_.size();
  }
  const std::uint64_t sums = wanted(channel);
  for (std::size_t i = 0; i < pivots_.size(); ++i) {
    const Pivot& pivot = pivots_[i];
    if (parity(burst & pivot.mask) == (sums >> i & 1U)) {
      continue;
    }
    const std::uint64_t above = without_pivots(burst) >> pivot.free_below;
    const std::uint64_t theirs_is_zero = burst >> pivot.place & 1U;
    return (above + theirs_is_zero) << pivot.free_below;
  }
  return without_pivots(burst);
}

}  // namespace orrery::memory
