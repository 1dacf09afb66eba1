// SPDX-License-Identifier: Apache-2.0
#include "platform/tier_builders.h"

#include "hardware/dma_config.h"
#include "memory/bandwidth_tier.h"
#include "memory/dram_tier.h"
#include "memory/ideal_tier.h"

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
  for (const auto& instance : platform.instances()) {
    if (const auto* dma = dynamic_cast<const hardware::DmaConfig*>(instance.config.get())) {
      channel.credits_of_initiator.push_back(static_cast<int>(
          config.controller.max_active_transactions.value_or(dma->outstanding_bursts)));
    }
  }
  return channel;
}

}  // namespace

std::unique_ptr<memory::Tier> build_tier(const std::string& name,
                                         const hardware::TierConfig& config,
                                         const hardware::PlatformConfig& platform) {
  memory::TierConfig tier;
  tier.channels = static_cast<int>(config.channels);
  tier.interleave = config.interleave.value;
  tier.request_latency = femtoseconds(platform.fabric.request_latency);
  tier.response_latency = femtoseconds(platform.fabric.response_latency);
  switch (config.model) {
    case hardware::MemoryModel::kDram:
      return std::make_unique<memory::DramTier>(name.c_str(), config.dram, tier,
                                                channel_config(config, platform));
    case hardware::MemoryModel::kBandwidth:
      return std::make_unique<memory::BandwidthTier>(name.c_str(), config.dram, tier,
                                                     femtoseconds(config.latency));
    case hardware::MemoryModel::kIdeal:
      return std::make_unique<memory::IdealTier>(name.c_str(), config.capacity(),
                                                 config.dram.access_bytes);
  }
  throw base::InternalError("every memory model has a module", name);
}

}  // namespace orrery::platform
