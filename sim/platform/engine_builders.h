// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.h"
#include "hardware/engine_config.h"
#include "hardware/platform_config.h"
#include "memory/tier.h"

namespace orrery::platform {

// What some kinds of engine are connected to.
struct EngineConnections {
  std::uint32_t initiator = 0;  // among the engines of its kind; PIM engines behind DMA engines
  std::vector<memory::Tier*> tiers;
  const hardware::PlatformConfig& platform;
};

// Builds the SystemC module of an engine; one line a kind in engine_builders.cpp.
[[nodiscard]] std::unique_ptr<engine::Engine> build_engine(engine::EngineContext context,
                                                           const hardware::EngineConfig& config,
                                                           const EngineConnections& connections);

}  // namespace orrery::platform
