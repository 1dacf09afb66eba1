// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"

namespace orrery::platform {

// Sends a stream's commands for one partition of a machine to their engines: in order, one every
// dispatch_cycles; a full queue stops it. A command keeps its place here until it is sent.
class Dispatcher : public engine::Waiter {
 public:
  struct Config {
    base::ClockDomain clock;
    base::Cycle dispatch_cycles = 1;
    // Places for commands. None: it is the only one, so that it does not matter when the stream is
    // read, and it is read as late as can be.
    std::optional<std::size_t> places;
    engine::StreamIndex stream = 0;
  };

  // Where it can go on, it is put among `ready`, and the sequencer is woken.
  Dispatcher(const Config& config, engine::Waiter& sequencer, std::vector<Dispatcher*>& ready)
      : config_(config), sequencer_(sequencer), ready_(ready) {}

  // Whether another command finds no place in that cycle.
  [[nodiscard]] bool is_full(base::Cycle cycle);
  // Where it is full: the first cycle in which a place may fall free; none: when an engine has
  // room.
  [[nodiscard]] std::optional<base::Cycle> next_place() const;
  void add(command::Command command);

  struct Sent {
    std::int64_t commands = 0;
    base::Femtoseconds first_arrival = 0;
  };
  // A queue with room now has room until something is sent to it: sends all that fit from `cycle`
  // on, each with the arrival time that it has when they go one by one.
  Sent send(base::Cycle cycle, const std::vector<engine::Engine*>& engines);

  // engine::Waiter: an engine has room.
  void wake() override;

 private:
  void make_ready();

  Config config_;
  engine::Waiter& sequencer_;
  std::vector<Dispatcher*>& ready_;
  std::deque<command::Command> waiting_;
  std::deque<base::Cycle> sending_;  // cycles in which commands that have left waiting_ are sent
  base::Cycle next_ = 0;             // in which the next one can be
  bool is_ready_ = false;
  bool waits_for_room_ = false;
};

}  // namespace orrery::platform
