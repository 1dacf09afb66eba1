// SPDX-License-Identifier: Apache-2.0
#include "memory/address/address_map.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace orrery::memory {

AddressMap::AddressMap(int channels, std::int64_t granularity)
    : channels_(channels),
      granularity_(static_cast<std::uint64_t>(granularity)),
      period_(granularity_ * static_cast<std::uint64_t>(channels)) {
  base::require_invariant(channels >= 1 && granularity >= 1,
                          "an address map has channels and a granularity");
}

AddressMap::AddressMap(ChannelSplit split, std::int64_t access_bytes)
    : channels_(split.channels()),
      granularity_(split.run() * static_cast<std::uint64_t>(access_bytes)),
      period_(split.period() * static_cast<std::uint64_t>(access_bytes)),
      access_bytes_(static_cast<std::uint64_t>(access_bytes)),
      split_(std::make_shared<const ChannelSplit>(std::move(split))) {
  base::require_invariant(access_bytes >= 1, "a burst has bytes");
}

ChannelAddress AddressMap::locate(std::uint64_t address) const {
  if (split_ != nullptr) {
    const std::uint64_t burst = address / access_bytes_;
    return {split_->channel(burst), split_->local(burst) * access_bytes_ + address % access_bytes_};
  }
  const std::uint64_t offset = address % period_;
  return {static_cast<int>(offset / granularity_),
          address / period_ * granularity_ + offset % granularity_};
}

std::uint64_t AddressMap::address_of(const ChannelAddress& location) const {
  if (split_ != nullptr) {
    return split_->burst(location.channel, location.local / access_bytes_) * access_bytes_ +
           location.local % access_bytes_;
  }
  return location.local / granularity_ * period_ +
         static_cast<std::uint64_t>(location.channel) * granularity_ +
         location.local % granularity_;
}

std::uint64_t AddressMap::local_below(int channel, std::uint64_t address) const {
  if (split_ != nullptr) {
    const std::uint64_t burst = address / access_bytes_;
    const std::uint64_t within = address % access_bytes_;
    const bool in_burst = within != 0 && split_->channel(burst) == channel;
    return split_->local_below(channel, burst) * access_bytes_ + (in_burst ? within : 0);
  }
  const std::uint64_t start = static_cast<std::uint64_t>(channel) * granularity_;
  const std::uint64_t offset = address % period_;
  const std::uint64_t partial = offset > start ? std::min(offset - start, granularity_) : 0;
  return address / period_ * granularity_ + partial;
}

ChannelRun AddressMap::channels_of(std::uint64_t address, std::uint64_t length) const {
  if (split_ != nullptr) {
    return {0, channels_};
  }
  const std::uint64_t granules = (address + length - 1) / granularity_ - address / granularity_ + 1;
  const auto all = static_cast<std::uint64_t>(channels_);
  return {static_cast<int>(address / granularity_ % all),
          static_cast<int>(std::min(granules, all))};
}

}  // namespace orrery::memory
