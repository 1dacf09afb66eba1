// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "base/rational.h"
#include "hardware/platform_config.h"
#include "lowering/mapping/mapping_config.h"

namespace orrery::analytical {

// A memory as a closed form sees it: its peak bandwidth.
struct MemoryForm {
  std::string name;
  const hardware::TierConfig* tier = nullptr;  // of the platform, which must outlive this
  base::Rational bytes_per_femtosecond = 0;    // 0: no limit

  [[nodiscard]] base::Rational bytes_per_cycle(const base::ClockDomain& clock) const {
    return bytes_per_femtosecond * clock.period();
  }
};

// The memory that the mapping's `execution` names, or the only one. Throws base::UserError.
[[nodiscard]] MemoryForm memory_form(const hardware::PlatformConfig& platform,
                                     const lowering::ExecutionConfig& execution);

}  // namespace orrery::analytical
