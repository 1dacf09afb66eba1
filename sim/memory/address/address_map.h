// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::memory {

// Where a byte of a tier lies.
struct ChannelAddress {
  int channel = 0;
  std::uint64_t local = 0;  // byte within the channel
  bool operator==(const ChannelAddress&) const = default;
};

// Spreads a tier over its channels: granule g of `granularity` bytes lies on channel g mod C, as
// the channel's granule g / C. Any number of channels. A contiguous range of the tier is therefore
// one contiguous range of each channel.
class AddressMap {
 public:
  // channels >= 1, granularity >= 1 byte and a multiple of the channels' access size.
  AddressMap(int channels, std::int64_t granularity);

  [[nodiscard]] int channels() const { return channels_; }
  [[nodiscard]] std::uint64_t granularity() const { return granularity_; }
  // Bytes after which the pattern of channels repeats.
  [[nodiscard]] std::uint64_t period() const { return period_; }

  [[nodiscard]] ChannelAddress locate(std::uint64_t address) const;
  // The inverse of locate().
  [[nodiscard]] std::uint64_t address_of(const ChannelAddress& location) const;
  // How many bytes of the channel lie below a tier address: the range [a, b) of the tier is the
  // range [local_below(c, a), local_below(c, b)) of channel c.
  [[nodiscard]] std::uint64_t local_below(int channel, std::uint64_t address) const;

 private:
  int channels_;
  std::uint64_t granularity_;
  std::uint64_t period_;
};

}  // namespace orrery::memory
