// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "memory/address/address_map.h"
#include "memory/address/field_map.h"
#include "memory/specification/spec.h"

namespace orrery::memory {

// How a tier of DRAM channels hangs in the platform.
struct TierConfig {
  int channels = 1;               // of each stack
  int stacks = 1;                 // channel c of stack s is channel s * channels + c of the tier
  std::int64_t interleave = 256;  // bytes on one channel before the next one's turn
  // Instead of the spec's address order; where it places the channels, instead of `interleave` too.
  std::optional<FieldMap> fields;
  base::Femtoseconds request_latency = 0;   // from submit() to the channels, at least 1
  base::Femtoseconds response_latency = 0;  // from a channel back to the initiator, at least 1

  [[nodiscard]] int total_channels() const { return channels * stacks; }
};

// Whether the map says which channel a burst lies on, so that `interleave` does not.
[[nodiscard]] bool places_channels(const FieldMap& fields);

// How the addresses of the tier spread over its channels.
[[nodiscard]] AddressMap address_map(const dram::Spec& spec, const TierConfig& config);

// The spec as each channel sees it, with its part of the tier's address map: one entry where all
// channels are alike, else one for each.
[[nodiscard]] std::vector<dram::Spec> channel_specs(const dram::Spec& spec,
                                                    const TierConfig& config);

}  // namespace orrery::memory
