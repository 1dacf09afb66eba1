// SPDX-License-Identifier: Apache-2.0
#include "memory/checker/bus_occupation.h"

#include <algorithm>

#include "memory/checker/command_traits.h"

namespace orrery::memory::checker {

BusOccupation::BusOccupation(const dram::Spec& spec)
    : spec_(spec),
      free_(spec.command_buses.size(), 0),
      starts_(static_cast<std::size_t>(spec.data_buses())) {}

Cycle BusOccupation::data_start(int command, Cycle cycle) const {
  return cycle + (is_read(spec_.commands[static_cast<std::size_t>(command)]) ? spec_.read_latency
                                                                             : spec_.write_latency);
}

bool BusOccupation::data_collide(int command, unsigned bank, Cycle cycle) const {
  if (!is_column(spec_.commands[static_cast<std::size_t>(command)])) {
    return false;
  }
  const Cycle start = data_start(command, cycle);
  const std::vector<Cycle>& others = starts_[data_bus(bank)];
  return std::any_of(others.begin(), others.end(), [&](Cycle other) {
    return start < other + spec_.burst_cycles && other < start + spec_.burst_cycles;
  });
}

void BusOccupation::issue(int index, unsigned bank, Cycle cycle) {
  const dram::Command& command = spec_.commands[static_cast<std::size_t>(index)];
  Cycle& free = free_[static_cast<std::size_t>(command.bus)];
  free = std::max(free, cycle + command.cycles);
  if (!is_column(command)) {
    return;
  }
  std::vector<Cycle>& starts = starts_[data_bus(bank)];
  // Data of a later command start no earlier than the present cycle.
  std::erase_if(starts, [&](Cycle start) { return start + spec_.burst_cycles <= cycle; });
  starts.push_back(data_start(index, cycle));
}

}  // namespace orrery::memory::checker
