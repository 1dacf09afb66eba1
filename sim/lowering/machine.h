// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rational.h"
#include "command/command.h"
#include "timing/dataflow.h"
#include "timing/vector_timing.h"

namespace orrery::hardware {
struct PlatformConfig;
}

namespace orrery::lowering {

// What lowering needs to know of a platform. Cycles are those of the clock of the first array (of
// the first vector unit where there is no array).
struct Machine {
  struct Array {
    command::EngineIndex engine = 0;
    std::int64_t rows = 1;
    std::int64_t columns = 1;
    std::int64_t accumulator_bytes = 0;
    std::int64_t stream_port_bytes = 256;      // per cycle, left edge
    std::int64_t stationary_port_bytes = 256;  // per cycle, top edge
    std::vector<timing::Dataflow> dataflows;   // the first is the default
    bool folds_overlap = true;  // false: cycles are counted as SCALE-Sim counts them
  };
  struct VectorUnit {
    command::EngineIndex engine = 0;
    timing::VectorCosts costs;
  };
  struct Tier {
    std::string name;
    std::int64_t capacity = 0;            // bytes
    base::Rational bytes_per_cycle = 1;  // at its peak; 0: data is there at once

    // Cycles of a transfer at the peak, rounded up.
    [[nodiscard]] std::int64_t cycles(std::int64_t bytes) const;
  };

  std::string name;
  std::vector<std::string> engines;  // by EngineIndex, in the order of the platform
  std::vector<Array> arrays;         // alike
  std::vector<VectorUnit> vector_units;
  std::vector<command::EngineIndex> load_engines;   // DMA engines that carry tier -> scratchpad
  std::vector<command::EngineIndex> store_engines;  // and back; one engine may stand in both
  std::int64_t scratchpad_bytes = 0;
  std::vector<Tier> tiers;
};

// Where a platform has arrays of several sizes, only those like the first are used.
[[nodiscard]] Machine machine_from(const hardware::PlatformConfig& platform);

}  // namespace orrery::lowering
