// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/schema.h"
#include "memory/dram/controller_config.h"

namespace orrery::memory::dram {

// How a controller's policies stand in YAML. ControllerConfig::check() is the caller's, who knows
// the standard.
[[nodiscard]] const config::Schema<ControllerConfig>& controller_schema();
[[nodiscard]] config::Codec<ControllerConfig> controller_codec();

}  // namespace orrery::memory::dram
