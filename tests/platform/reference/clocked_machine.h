// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "command/command.h"
#include "hardware/engine_config.h"
#include "timing/systolic_pipeline.h"

namespace orrery::testing {

// A machine with arrays, vector units and DMA engines before an ideal memory that looks at
// everything at every edge of every clock. Per instant: what is done completes; every engine starts
// what it can; every sequencer reads and sends what it can. Slow and obvious, to compare with.
class ClockedMachine {
 public:
  struct EngineSetup {
    base::ClockDomain clock;
    std::size_t queue_depth = 1;
    hardware::Arbitration arbitration = hardware::Arbitration::kOldestFirst;
    std::size_t most_under_way = 1;  // of a DMA engine
    std::size_t partition = 0;
  };
  struct Setup {
    base::ClockDomain sequencer_clock;
    base::Cycle dispatch_cycles = 1;
    base::Cycle launch_cycles = 0;     // of every layer; 0: none is launched
    std::vector<EngineSetup> engines;  // 16 x 16 arrays, vector units of 16 lanes, DMA engines
    std::size_t partitions = 1;
    std::size_t lookahead = 1;  // of each partition
  };
  struct Span {
    base::Femtoseconds start = -1;
    base::Femtoseconds end = -1;
    bool operator==(const Span&) const = default;
  };
  struct Account {
    std::int64_t busy = 0, stalled = 0, idle = 0;
    bool operator==(const Account&) const = default;
  };
  struct Outcome {
    std::vector<std::map<command::CommandId, Span>> spans;  // by stream
    std::vector<Account> accounts;                          // by engine
    base::Femtoseconds end = 0;
  };

  ClockedMachine(Setup setup, const std::vector<std::vector<command::Command>>& streams);

  // Until all commands are done. Throws std::runtime_error where that never comes.
  [[nodiscard]] Outcome run();

 private:
  struct Waiting {
    command::Command command;
    base::Femtoseconds arrival = 0;
  };
  struct Going {
    std::size_t stream = 0;
    command::CommandId id = 0;
    base::Cycle done = 0;
  };
  struct Engine {
    std::vector<std::deque<Waiting>> queues;  // by stream
    std::vector<Going> going;                 // in the order of their starts
    base::Cycle free = 0;                     // when the unit can take the next command
    std::size_t last_served = 0;
    timing::SystolicPipeline pipeline{{16, 16}};
    std::string states;  // of each cycle: 'b'usy, 's'talled or 'i'dle
  };
  struct Dispatcher {
    std::deque<command::Command> queue;
    base::Cycle may_send = 0;
  };
  struct Sequencer {
    std::size_t next = 0;                 // command of the stream
    std::int64_t launched = -1;           // layer
    std::vector<Dispatcher> dispatchers;  // by partition
  };

  [[nodiscard]] base::Femtoseconds next_edge(base::Femtoseconds now) const;
  [[nodiscard]] bool finished() const;
  void complete(std::size_t engine, base::Femtoseconds now);
  void start(std::size_t engine, base::Femtoseconds now);
  [[nodiscard]] std::optional<std::size_t> choose(std::size_t engine, base::Femtoseconds now) const;
  [[nodiscard]] base::Cycle done_after(std::size_t engine, const command::Command& command,
                                       base::Cycle cycle);
  [[nodiscard]] bool read(std::size_t stream, base::Femtoseconds now);
  [[nodiscard]] bool send(std::size_t stream, std::size_t partition, base::Femtoseconds now);
  [[nodiscard]] bool drained(std::size_t stream) const;
  [[nodiscard]] bool all_stand_at(std::uint64_t number) const;

  Setup setup_;
  const std::vector<std::vector<command::Command>>& streams_;
  std::vector<Engine> engines_;
  std::vector<Sequencer> sequencers_;
  Outcome outcome_;
  std::set<std::uint64_t> open_;  // rendezvous that all have reached
};

}  // namespace orrery::testing
