// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine.h"

namespace orrery::lowering {

std::int64_t Machine::Tier::cycles(std::int64_t bytes) const {
  if (bytes_per_cycle.numerator() == 0) {
    return 0;
  }
  const __int128 scaled = static_cast<__int128>(bytes) * bytes_per_cycle.denominator();
  return static_cast<std::int64_t>((scaled + bytes_per_cycle.numerator() - 1) /
                                   bytes_per_cycle.numerator());
}

}  // namespace orrery::lowering
