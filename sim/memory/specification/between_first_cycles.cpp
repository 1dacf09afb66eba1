// SPDX-License-Identifier: Apache-2.0
#include "memory/specification/between_first_cycles.h"

#include <algorithm>
#include <map>
#include <utility>

namespace orrery::memory::dram {

namespace {

std::map<int, std::vector<int>> by_length(const std::vector<int>& indices,
                                          const std::vector<Command>& commands) {
  std::map<int, std::vector<int>> result;
  for (const int index : indices) {
    result[commands[static_cast<std::size_t>(index)].cycles].push_back(index);
  }
  return result;
}

}  // namespace

std::vector<Constraint> between_first_cycles(const Constraint& row,
                                             const std::vector<Command>& commands) {
  std::vector<Constraint> result;
  if (commands.empty()) {
    return result;
  }
  const bool counted = row.window > 1 || row.every > 1;
  std::map<int, std::vector<int>> earlier = by_length(row.earlier, commands);
  if (counted) {
    earlier = {{earlier.rbegin()->first, row.earlier}};
  }
  for (const auto& [earlier_length, earlier_commands] : earlier) {
    for (const auto& [later_length, later_commands] : by_length(row.later, commands)) {
      const auto between_first = [&](Cycle delay) {
        return std::max<Cycle>(delay + earlier_length - later_length, 1);
      };
      Constraint part = row;
      part.earlier = earlier_commands;
      part.later = later_commands;
      part.delay = between_first(row.delay);
      for (Cycle& delay : part.delay_by_count) {
        delay = between_first(delay);
      }
      result.push_back(std::move(part));
    }
  }
  return result;
}

}  // namespace orrery::memory::dram
