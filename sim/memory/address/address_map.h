// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "memory/address/channel_split.h"

namespace orrery::memory {

// Where a byte of a tier lies.
struct ChannelAddress {
  int channel = 0;
  std::uint64_t local = 0;  // byte within the channel
  bool operator==(const ChannelAddress&) const = default;
};

// Channels one behind the other; behind the last comes the first.
struct ChannelRun {
  int first = 0;
  int count = 0;
};

// Spreads a tier over its channels, in one of two ways.
//
// Interleaved: granule g of `granularity` bytes lies on channel g mod C, as the channel's granule
// g / C. Any number of channels.
//
// By bits: a ChannelSplit of the burst number, hashed or not; 2^k channels.
//
// Either way the bytes of a channel are numbered in the order of their addresses: a contiguous
// range of the tier is one contiguous range of each channel.
class AddressMap {
 public:
  // channels >= 1, granularity >= 1 byte and a multiple of the channels' access size.
  AddressMap(int channels, std::int64_t granularity);
  // access_bytes: of a burst.
  AddressMap(ChannelSplit split, std::int64_t access_bytes);

  [[nodiscard]] int channels() const { return channels_; }
  // Bytes of an aligned block that lies on one channel.
  [[nodiscard]] std::uint64_t granularity() const { return granularity_; }
  // Bytes after which the pattern of channels repeats.
  [[nodiscard]] std::uint64_t period() const { return period_; }
  // Whether the channels take turns in the order of their numbers.
  [[nodiscard]] bool interleaved() const { return split_ == nullptr; }

  [[nodiscard]] ChannelAddress locate(std::uint64_t address) const;
  // The inverse of locate().
  [[nodiscard]] std::uint64_t address_of(const ChannelAddress& location) const;
  // How many bytes of the channel lie below a tier address: the range [a, b) of the tier is the
  // range [local_below(c, a), local_below(c, b)) of channel c.
  [[nodiscard]] std::uint64_t local_below(int channel, std::uint64_t address) const;
  // Whether it is seen at a glance that the channel has none of `length` >= 1 bytes from the
  // address on.
  [[nodiscard]] bool surely_misses(int channel, std::uint64_t address, std::uint64_t length) const {
    return split_ != nullptr && split_->surely_misses(channel, address / access_bytes_,
                                                      (address + length - 1) / access_bytes_);
  }
  // Channels of which no other one has any of `length` >= 1 bytes from the address on; not each of
  // them need have some.
  [[nodiscard]] ChannelRun channels_of(std::uint64_t address, std::uint64_t length) const;

 private:
  int channels_;
  std::uint64_t granularity_;
  std::uint64_t period_;
  std::uint64_t access_bytes_ = 1;
  std::shared_ptr<const ChannelSplit> split_;  // null: interleaved
};

}  // namespace orrery::memory
