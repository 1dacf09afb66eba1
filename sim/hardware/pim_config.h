// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/engine_config.h"

namespace orrery::hardware {

// docs/components/pim_engine.md
struct PimConfig : EngineConfig {
  std::int64_t programs = 2;  // that may be under way together

  [[nodiscard]] static const config::Schema<PimConfig>& schema();
};

}  // namespace orrery::hardware
