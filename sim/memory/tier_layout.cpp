// SPDX-License-Identifier: Apache-2.0
#include "memory/tier_layout.h"

#include <bit>
#include <utility>

#include "memory/address/channel_fields.h"
#include "memory/dram/channel_map.h"

namespace orrery::memory {

namespace {

// The channel's number in the tier: the channel's bits, above them the stack's.
ChannelSplit channel_split(const FieldMap& fields) {
  BitMasks masks = fields.masks("channel");
  const BitMasks& stack = fields.masks("stack");
  masks.insert(masks.end(), stack.begin(), stack.end());
  return {std::move(masks), fields.bits()};
}

ChannelFields fields_of_channel(const dram::Spec& spec, const FieldMap& fields,
                                const ChannelSplit& split, int channel) {
  const unsigned local_bits =
      fields.bits() -
      static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(split.channels())));
  const auto seen = [&](const BitMasks& masks) {
    return seen_from(split, channel, local_bits, masks);
  };
  return {seen(dram::bank_masks(spec, fields)), seen(fields.masks("row")),
          seen(fields.masks("column"))};
}

}  // namespace

bool places_channels(const FieldMap& fields) {
  return fields.has("channel") || fields.has("stack");
}

AddressMap address_map(const dram::Spec& spec, const TierConfig& config) {
  if (config.fields && places_channels(*config.fields)) {
    return {channel_split(*config.fields), spec.access_bytes};
  }
  return {config.total_channels(), config.interleave};
}

std::vector<dram::Spec> channel_specs(const dram::Spec& spec, const TierConfig& config) {
  if (!config.fields) {
    return {spec};
  }
  const bool placed = places_channels(*config.fields);
  // A map without channels is that of a tier of one channel.
  const ChannelSplit split =
      placed ? channel_split(*config.fields) : ChannelSplit({}, config.fields->bits());
  std::vector<dram::Spec> specs;
  bool alike = true;
  for (int channel = 0; channel < split.channels(); ++channel) {
    specs.push_back(spec);
    specs.back().fields = fields_of_channel(spec, *config.fields, split, channel);
    alike = alike && specs.back().fields == specs.front().fields;
  }
  if (alike) {
    specs.resize(1);
  }
  return specs;
}

}  // namespace orrery::memory
