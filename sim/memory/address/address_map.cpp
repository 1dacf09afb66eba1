// SPDX-License-Identifier: Apache-2.0
#include "memory/address/address_map.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::memory {

AddressMap::AddressMap(int channels, std::int64_t granularity)
    : channels_(channels),
      granularity_(static_cast<std::uint64_t>(granularity)),
      period_(granularity_ * static_cast<std::uint64_t>(channels)) {
  base::require_invariant(channels >= 1 && granularity >= 1,
                          "an address map has channels and a granularity");
}

ChannelAddress AddressMap::locate(std::uint64_t address) const {
  const std::uint64_t offset = address % period_;
  return {static_cast<int>(offset / granularity_),
          address / period_ * granularity_ + offset % granularity_};
}

std::uint64_t AddressMap::address_of(const ChannelAddress& location) const {
  return location.local / granularity_ * period_ +
         static_cast<std::uint64_t>(location.channel) * granularity_ +
         location.local % granularity_;
}

std::uint64_t AddressMap::local_below(int channel, std::uint64_t address) const {
  const std::uint64_t start = static_cast<std::uint64_t>(channel) * granularity_;
  const std::uint64_t offset = address % period_;
  const std::uint64_t partial = offset > start ? std::min(offset - start, granularity_) : 0;
  return address / period_ * granularity_ + partial;
}

}  // namespace orrery::memory
