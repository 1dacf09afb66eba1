// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "memory/checker/log_event.h"
#include "memory/specification/spec.h"

namespace orrery::memory::checker {

// Which cycles of the command buses and of the data buses are taken. A command holds its bus for
// its length; the data of a burst hold the bus of its node for burst_cycles, from read_latency or
// write_latency after the first cycle of the command on.
class BusOccupation {
 public:
  // The spec must outlive this.
  explicit BusOccupation(const dram::Spec& spec);

  // The first cycle in which the command bus is free.
  [[nodiscard]] Cycle command_bus_free(int bus) const {
    return free_[static_cast<std::size_t>(bus)];
  }
  // Whether the data of the command, issued in `cycle`, would meet other data; false for a command
  // without data.
  [[nodiscard]] bool data_collide(int command, unsigned bank, Cycle cycle) const;
  void issue(int command, unsigned bank, Cycle cycle);

 private:
  [[nodiscard]] std::size_t data_bus(unsigned bank) const {
    return bank /
           (static_cast<std::size_t>(spec_.banks()) / static_cast<std::size_t>(spec_.data_buses()));
  }
  [[nodiscard]] Cycle data_start(int command, Cycle cycle) const;

  const dram::Spec& spec_;
  std::vector<Cycle> free_;                 // by command bus
  std::vector<std::vector<Cycle>> starts_;  // by data bus: of the bursts that may still be met
};

}  // namespace orrery::memory::checker
