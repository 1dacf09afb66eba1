// SPDX-License-Identifier: Apache-2.0
#include "platform/tier_builders.h"

#include "hardware/dma_config.h"
#include "memory/bandwidth_tier.h"
#include "memory/cache_tier.h"
#include "memory/dram_tier.h"
#include "memory/ideal_tier.h"
#include "memory/storage_tier.h"

namespace orrery::platform {
namespace {

using base::Femtoseconds;

Femtoseconds femtoseconds(const base::Duration& duration) {
  return base::floor(duration.femtoseconds);
}

memory::dram::ChannelConfig channel_config(const hardware::TierConfig& config,
                                           const hardware::PlatformConfig& platform) {
  memory::dram::ChannelConfig channel;
  channel.controller = config.controller;
  if (config.cache) {
    channel.credits_of_initiator = {static_cast<int>(
        config.controller.max_active_transactions.value_or(config.cache->outstanding_bursts))};
    return channel;
  }
  for (const auto& instance : platform.instances()) {
    if (const auto* dma = dynamic_cast<const hardware::DmaConfig*>(instance.config.get())) {
      channel.credits_of_initiator.push_back(static_cast<int>(
          config.controller.max_active_transactions.value_or(dma->outstanding_bursts)));
    }
  }
  return channel;
}

memory::StorageTierConfig storage_config(const hardware::StorageConfig& config,
                                         const hardware::PlatformConfig& platform) {
  memory::StorageTierConfig storage;
  storage.name = config.name;
  storage.capacity = config.capacity.value;
  storage.block_bytes = config.block.value;
  storage.queue_depth = static_cast<int>(config.queue_depth);
  storage.read_latency = femtoseconds(config.read_latency);
  storage.write_latency = femtoseconds(config.write_latency);
  storage.read_bytes_per_second = config.read_rate.value;
  storage.write_bytes_per_second = config.write_rate.value;
  storage.request_latency = femtoseconds(platform.fabric.request_latency);
  storage.response_latency = femtoseconds(platform.fabric.response_latency);
  storage.read_picojoules_per_bit = config.energy.read_picojoules_per_bit;
  storage.write_picojoules_per_bit = config.energy.write_picojoules_per_bit;
  storage.idle_watts = config.energy.idle_watts;
  storage.energy_source = config.energy.source;
  return storage;
}

memory::CacheTierConfig cache_config(const hardware::TierConfig& tier,
                                     const hardware::PlatformConfig& platform) {
  const hardware::CacheConfig& config = *tier.cache;
  memory::CacheTierConfig cache;
  cache.hashed = config.hashed;
  cache.channels = tier.total_channels();
  cache.piece_bytes = tier.interleave.value;
  cache.line_bytes = config.line.value;
  cache.sets = config.sets();
  cache.ways = config.ways;
  cache.slices = config.slices;
  cache.slice_bytes = config.slice_bytes;
  cache.clock = platform.clock(config.clock).clock();
  cache.hit_latency = femtoseconds(config.hit_latency);
  cache.request_latency = femtoseconds(platform.fabric.request_latency);
  cache.response_latency = femtoseconds(platform.fabric.response_latency);
  return cache;
}

memory::BitEnergy bit_energy(const hardware::TierConfig& config) {
  const auto& energy = config.transfer_energy;
  return energy ? memory::BitEnergy{energy->read_picojoules_per_bit,
                                    energy->write_picojoules_per_bit, energy->source}
                : memory::BitEnergy{};
}

std::unique_ptr<memory::Tier> build_memory(const std::string& name,
                                           const hardware::TierConfig& config,
                                           const hardware::PlatformConfig& platform) {
  memory::TierConfig tier;
  tier.channels = static_cast<int>(config.channels);
  tier.stacks = static_cast<int>(config.stacks);
  tier.interleave = config.interleave.value;
  tier.fields = config.fields;
  tier.request_latency =
      femtoseconds(config.cache ? config.cache->miss_latency : platform.fabric.request_latency);
  tier.response_latency =
      femtoseconds(config.cache ? config.cache->fill_latency : platform.fabric.response_latency);
  switch (config.model) {
    case hardware::MemoryModel::kDram:
      return std::make_unique<memory::DramTier>(name.c_str(), config.dram, tier,
                                                channel_config(config, platform));
    case hardware::MemoryModel::kBandwidth:
      return std::make_unique<memory::BandwidthTier>(
          name.c_str(), config.dram, tier, femtoseconds(config.latency), bit_energy(config));
    case hardware::MemoryModel::kIdeal:
      return std::make_unique<memory::IdealTier>(name.c_str(), config.capacity(),
                                                 config.dram.access_bytes);
    case hardware::MemoryModel::kStorage:
      return std::make_unique<memory::StorageTier>(name.c_str(),
                                                   storage_config(*config.storage, platform));
  }
  throw base::InternalError("every memory model has a module", name);
}

}  // namespace

std::unique_ptr<memory::Tier> build_tier(const std::string& name,
                                         const hardware::TierConfig& config,
                                         const hardware::PlatformConfig& platform) {
  if (!config.cache) {
    return build_memory(name, config, platform);
  }
  return std::make_unique<memory::CacheTier>(name.c_str(), cache_config(config, platform),
                                             build_memory(name + "_memory", config, platform));
}

}  // namespace orrery::platform
