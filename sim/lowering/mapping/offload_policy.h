// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/schema.h"

namespace orrery::lowering {

// Which operators are computed in the banks of a memory.
enum class OffloadPolicy : std::uint8_t {
  kNever,
  kAlways,
  kIntensity,  // that do few products for each byte of what lies in banks
  kTime,       // that are faster there by the estimates
};

[[nodiscard]] const config::EnumTable<OffloadPolicy>& offload_policy_names();

}  // namespace orrery::lowering
