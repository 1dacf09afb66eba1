// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::tuning {

// What a search makes small: cycles or femtojoules.
enum class Objective : std::uint8_t { kLatency, kEnergy };

}  // namespace orrery::tuning
