// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "config/schema.h"

namespace orrery::hardware {

// Silicon of one of the units that an engine consists of: an input, as coefficients of energy are.
struct UnitArea {
  double square_micrometres = 0.0;
  std::int64_t nanometres = 0;  // node that the figure is of
  std::string source;

  [[nodiscard]] static const config::Schema<UnitArea>& schema();
};

}  // namespace orrery::hardware
