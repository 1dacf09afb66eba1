// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::base {

// a / b rounded up, for a >= 0 and b >= 1.
[[nodiscard]] constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace orrery::base
