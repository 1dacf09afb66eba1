// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/schema.h"
#include "memory/dram/controller_config.h"
#include "memory/dram/spec.h"

namespace orrery::hardware {

// How closely a memory is simulated. Anything but kDram must be chosen and is named in the result.
enum class MemoryModel : std::uint8_t {
  kDram,       // command by command
  kBandwidth,  // peak bandwidth and a fixed latency
  kIdeal,      // data is there at once
};

[[nodiscard]] const config::EnumTable<MemoryModel>& memory_model_names();

// One memory of the platform: channels of one DRAM standard.
struct TierConfig {
  MemoryModel model = MemoryModel::kDram;
  std::int64_t channels = 1;
  base::Bytes interleave{256};  // bytes on one channel before the next channel's turn
  memory::dram::ControllerConfig controller;           // of each channel
  base::Duration latency{base::Rational(50'000'000)};  // of kBandwidth, first request to first data
  memory::dram::SpecDescription standard;
  memory::dram::Spec dram;  // `standard`, checked and compiled
  base::SourcePosition where;

  [[nodiscard]] std::int64_t capacity() const { return channels * dram.capacity_bytes(); }
  // Bytes a second of all channels together, all data buses always busy.
  [[nodiscard]] double peak_bandwidth() const;

  [[nodiscard]] static const config::Schema<TierConfig>& schema();
};

}  // namespace orrery::hardware
