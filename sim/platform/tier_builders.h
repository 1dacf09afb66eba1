// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "hardware/platform_config.h"
#include "memory/tier.h"

namespace orrery::platform {

// Builds the SystemC module of a memory tier by its model.
[[nodiscard]] std::unique_ptr<memory::Tier> build_tier(const std::string& name,
                                                       const hardware::TierConfig& config,
                                                       const hardware::PlatformConfig& platform);

}  // namespace orrery::platform
