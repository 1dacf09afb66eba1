// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "command/command.h"
#include "hardware/tier_config.h"

namespace orrery::hardware {

// What programs take in one channel of a memory with PIM commands that has nothing else to do and
// does not refresh.
class PimMeter {
 public:
  // The tier must outlive the meter.
  explicit PimMeter(const TierConfig& tier) : tier_(tier) {}

  // DRAM cycles from the first command until the last program is complete, one after the other.
  // kNeverCycle where they are not done after some millions.
  [[nodiscard]] base::Cycle cycles(const std::vector<command::PimProgram>& programs) const;

 private:
  const TierConfig& tier_;
};

}  // namespace orrery::hardware
