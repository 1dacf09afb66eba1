// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/rational.h"
#include "command/command.h"

namespace orrery::lowering {

// Cycles of one channel for the parts of products in its banks, in those of the estimates.
struct PimCosts {
  // Of a part that depends on the columns of a row: of one, and of all of them.
  struct Cost {
    base::Rational one = 0;
    base::Rational all = 0;
    [[nodiscard]] base::Rational of(std::int64_t columns, std::int64_t most) const {
      return most <= 1 ? all : one + (all - one) * base::Rational(columns - 1, most - 1);
    }
  };
  Cost tile;        // one more tile, in another row: opened, multiplied, read
  Cost round;       // a vector and a tile in another row
  Cost round_open;  // a vector and a tile in the row of the one before
};

// DRAM cycles that programs take in a channel, one after the other.
using PimMeasure = std::function<std::int64_t(const std::vector<command::PimProgram>&)>;

// Measures: five of each part against one of it. `cycle`: cycles of the estimates in one of DRAM.
// Null where the memory lacks commands for products, or does not get done.
[[nodiscard]] std::shared_ptr<const PimCosts> measure_pim_costs(const command::PimMemory& memory,
                                                                const base::Rational& cycle,
                                                                const PimMeasure& measure);

}  // namespace orrery::lowering
