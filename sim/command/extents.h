// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "command/command.h"

namespace orrery::command {

// The machine a stream is to run on: what its commands may name and address.
struct Extents {
  struct Engine {
    std::string name;
    std::string executes;  // "move", "compute", "vector" or "pim"; empty where that is not checked
    std::int64_t partition = 0;  // of the scratchpad, the one that it reaches
  };

  // Sizes of the memories, in bytes, by name.
  std::int64_t scratchpad = 0;
  std::int64_t scratchpad_partitions = 1;  // equal parts of it
  std::map<std::string, std::int64_t> tiers;
  std::map<std::string, std::int64_t> accumulators;  // engines without accumulators are left out

  // Names in the machine's order. Where they are given, a stream may name some of them in any order
  // and its indices are turned into the machine's; where not, its indices are taken as they are.
  std::vector<Engine> engines;
  std::vector<std::string> tier_order;
  // Where engines are given: what a stream says of PIM memories must be true of these.
  std::vector<PimMemory> pim_memories;
  std::vector<std::vector<ElementType>> pim_types;  // what banks of each multiply; or nothing

  // Bytes of a memory of a stream with this header, whose names are its own; 0: there is none.
  [[nodiscard]] std::int64_t size_of(const Space& space, const StreamHeader& header) const;
};

}  // namespace orrery::command
