// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "config/schema.h"
#include "hardware/cache_config.h"
#include "hardware/storage_config.h"
#include "memory/address/field_map.h"
#include "memory/dram/controller_config.h"
#include "memory/specification/spec.h"

namespace orrery::hardware {

// How closely a memory is simulated. Anything but kDram must be chosen and is named in the result.
enum class MemoryModel : std::uint8_t {
  kDram,       // command by command
  kBandwidth,  // peak bandwidth and a fixed latency
  kIdeal,      // data is there at once
  kStorage,    // a block device
};

[[nodiscard]] const config::EnumTable<MemoryModel>& memory_model_names();

// One memory of the platform: channels of one DRAM standard, or a block device. With `storage` only
// `model`, which is then kStorage, and what does not speak of channels has a meaning.
struct TierConfig {
  MemoryModel model = MemoryModel::kDram;
  std::int64_t channels = 1;  // of each stack
  std::int64_t stacks = 1;
  base::Bytes interleave{256};  // bytes on one channel before the next channel's turn
  std::optional<memory::FieldMapDescription> address_map;
  memory::dram::ControllerConfig controller;           // of each channel
  base::Duration latency{base::Rational(50'000'000)};  // of kBandwidth, first request to first data
  std::optional<TransferEnergy> transfer_energy;       // of kBandwidth
  std::optional<memory::dram::SpecDescription> standard;
  std::optional<StorageConfig> storage;
  std::optional<CacheConfig> cache;        // in front of it; not of storage
  memory::dram::Spec dram;                 // `standard`, checked and compiled
  std::optional<memory::FieldMap> fields;  // `address_map`, likewise
  base::SourcePosition where;

  [[nodiscard]] std::int64_t total_channels() const { return channels * stacks; }
  [[nodiscard]] std::int64_t capacity() const;
  // Bytes a second of all channels together, all data buses always busy; of storage the faster
  // direction.
  [[nodiscard]] double peak_bandwidth() const;
  // Bytes that are moved together at least: a burst, a block.
  [[nodiscard]] std::int64_t access_bytes() const;
  // Bytes that one row of every bank that works at a time holds; of storage a block.
  [[nodiscard]] std::int64_t page_bytes() const;
  // Whether more bits select a channel than it takes to number them: pieces that lie a power of two
  // apart are on many channels.
  [[nodiscard]] bool hashes_channels() const;
  // Femtoseconds from a lonely request at the memory to its data: the row's activation, which takes
  // about as long as a read, and the read; as configured for the other models.
  [[nodiscard]] base::Rational read_latency() const;
  // Where the model knows no commands to charge: `transfer_energy`, or that of the storage.
  [[nodiscard]] std::optional<TransferEnergy> transfer_energy_per_bit() const;
  // Bytes that controllers may still hold when their writes have been answered.
  [[nodiscard]] std::int64_t posted_bytes() const;

  [[nodiscard]] static const config::Schema<TierConfig>& schema();
};

// Reads and writes a tier; what does not belong to its kind is neither accepted nor written.
[[nodiscard]] config::Codec<TierConfig> tier_codec();

}  // namespace orrery::hardware
