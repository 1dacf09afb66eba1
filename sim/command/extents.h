// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace orrery::command {

// The sizes of the memories a stream may address, in bytes, by name.
struct Extents {
  std::int64_t scratchpad = 0;
  std::map<std::string, std::int64_t> tiers;
  std::map<std::string, std::int64_t> accumulators;  // engines without accumulators are left out
};

}  // namespace orrery::command
