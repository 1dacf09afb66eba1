// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "functional/memory.h"
#include "functional/pim_executor.h"

namespace orrery::functional {

// Executes commands on numbers. Throws base::UserError that names the command and its engine where
// one does what MemoryFault lists or its views do not have the stated shape: streams can be written
// by hand.
class Executor {
 public:
  explicit Executor(Memory& memory) : memory_(memory), pim_(memory) {}

  // All commands of the source in their order; holds one at a time.
  void run(command::Source& source);

  // In a random order of those that a machine is free to choose: an engine starts the commands of a
  // stream in order, each when those it waits for are done, has up to `under_way` of them going at
  // once, and each takes effect at any time while it is going. Arrays and banks work one command of
  // a stream after the other. Streams run ahead of each other up to where they meet. Holds the
  // whole streams: for tests.
  void run_in_random_order(const std::vector<command::Source*>& sources, std::uint64_t seed,
                           int under_way = 4);
  void run_in_random_order(command::Source& source, std::uint64_t seed, int under_way = 4) {
    run_in_random_order(std::vector<command::Source*>{&source}, seed, under_way);
  }

  void execute(const command::Command& command, const command::StreamHeader& header);

 private:
  void execute(const command::Move& move);
  void execute(const command::ComputeTile& tile);
  void execute(const command::VectorCommand& command);
  void execute(const command::Barrier& /*barrier*/) {}
  void execute(const command::Rendezvous& /*rendezvous*/) {}

  Memory& memory_;
  PimExecutor pim_;
};

}  // namespace orrery::functional
