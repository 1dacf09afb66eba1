// SPDX-License-Identifier: Apache-2.0
#include "tests/platform/reference/clocked_machine.h"

#include <algorithm>
#include <stdexcept>

#include "numeric/element_type.h"
#include "timing/systolic_timing.h"

namespace orrery::testing {
namespace {

using base::Cycle;
using base::Femtoseconds;
using command::Command;

constexpr Femtoseconds kLongest = 100'000'000'000;  // 100 us

}  // namespace

ClockedMachine::ClockedMachine(Setup setup, const std::vector<std::vector<Command>>& streams)
    : setup_(std::move(setup)),
      streams_(streams),
      engines_(setup_.engines.size()),
      sequencers_(streams.size()) {
  outcome_.spans.resize(streams.size());
  for (Engine& engine : engines_) {
    engine.queues.resize(streams.size());
    engine.last_served = streams.size() - 1;
  }
  for (Sequencer& sequencer : sequencers_) {
    sequencer.dispatchers.resize(setup_.partitions);
  }
}

Femtoseconds ClockedMachine::next_edge(Femtoseconds now) const {
  const auto after = [now](const base::ClockDomain& clock) {
    return clock.edge(clock.cycle_at_or_after(now + 1));
  };
  Femtoseconds next = after(setup_.sequencer_clock);
  for (const EngineSetup& engine : setup_.engines) {
    next = std::min(next, after(engine.clock));
  }
  return next;
}

bool ClockedMachine::drained(std::size_t stream) const {
  const auto& dispatchers = sequencers_[stream].dispatchers;
  return std::all_of(dispatchers.begin(), dispatchers.end(),
                     [](const Dispatcher& dispatcher) { return dispatcher.queue.empty(); }) &&
         std::all_of(engines_.begin(), engines_.end(), [&](const Engine& engine) {
           return engine.queues[stream].empty() &&
                  std::none_of(engine.going.begin(), engine.going.end(),
                               [&](const Going& going) { return going.stream == stream; });
         });
}

bool ClockedMachine::finished() const {
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    if (sequencers_[s].next < streams_[s].size() || !drained(s)) {
      return false;
    }
  }
  return true;
}

ClockedMachine::Outcome ClockedMachine::run() {
  for (Femtoseconds now = 0; !finished(); now = next_edge(now)) {
    if (now > kLongest) {
      throw std::runtime_error("the machine makes no progress");
    }
    for (std::size_t e = 0; e < engines_.size(); ++e) {
      complete(e, now);
    }
    for (std::size_t e = 0; e < engines_.size(); ++e) {
      start(e, now);
    }
    bool again = true;
    while (again) {
      again = false;
      for (std::size_t s = 0; s < streams_.size(); ++s) {
        again = read(s, now) || again;
        for (std::size_t p = 0; p < setup_.partitions; ++p) {
          again = send(s, p, now) || again;
        }
      }
    }
  }
  for (std::size_t e = 0; e < engines_.size(); ++e) {
    const auto cycles =
        static_cast<std::size_t>(setup_.engines[e].clock.cycle_at_or_after(outcome_.end));
    std::string states = engines_[e].states;
    states.resize(cycles, 'i');
    const auto count = [&](char state) { return std::count(states.begin(), states.end(), state); };
    outcome_.accounts.push_back({count('b'), count('s'), count('i')});
  }
  return outcome_;
}

void ClockedMachine::complete(std::size_t index, Femtoseconds now) {
  const base::ClockDomain& clock = setup_.engines[index].clock;
  const Cycle cycle = clock.cycle_at_or_after(now);
  if (clock.edge(cycle) != now) {
    return;
  }
  Engine& engine = engines_[index];
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    // The oldest of the stream, as long as it is done.
    while (true) {
      const auto oldest = std::find_if(engine.going.begin(), engine.going.end(),
                                       [&](const Going& going) { return going.stream == s; });
      if (oldest == engine.going.end() || oldest->done > cycle) {
        break;
      }
      outcome_.spans[s][oldest->id].end = now;
      outcome_.end = std::max(outcome_.end, now);
      engine.going.erase(oldest);
    }
  }
}

std::optional<std::size_t> ClockedMachine::choose(std::size_t index, Femtoseconds now) const {
  const Engine& engine = engines_[index];
  std::vector<std::size_t> ready;
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    if (engine.queues[s].empty() || engine.queues[s].front().arrival > now) {
      continue;
    }
    const auto& after = engine.queues[s].front().command.after;
    if (std::all_of(after.begin(), after.end(), [&](const command::Dependency& dependency) {
          const auto span = outcome_.spans[s].find(dependency.id);
          return span != outcome_.spans[s].end() && span->second.end >= 0;
        })) {
      ready.push_back(s);
    }
  }
  if (ready.empty()) {
    return std::nullopt;
  }
  switch (setup_.engines[index].arbitration) {
    case hardware::Arbitration::kPriority:
      return ready.front();
    case hardware::Arbitration::kRoundRobin: {
      const auto behind = std::find_if(ready.begin(), ready.end(),
                                       [&](std::size_t s) { return s > engine.last_served; });
      return behind == ready.end() ? ready.front() : *behind;
    }
    case hardware::Arbitration::kOldestFirst:
      break;
  }
  return *std::min_element(ready.begin(), ready.end(), [&](std::size_t a, std::size_t b) {
    return engine.queues[a].front().arrival < engine.queues[b].front().arrival;
  });
}

// Starts a command and says when it is done.
Cycle ClockedMachine::done_after(std::size_t index, const Command& command, Cycle cycle) {
  Engine& engine = engines_[index];
  if (const auto* tile = std::get_if<command::ComputeTile>(&command.body)) {
    const timing::TileShape shape{tile->m, tile->n, tile->k, tile->groups};
    const timing::TileTiming timing = engine.pipeline.issue(cycle, tile->dataflow, shape);
    engine.free = timing.next_issue;
    return timing.done;
  }
  if (const auto* vector = std::get_if<command::VectorCommand>(&command.body)) {
    engine.free = cycle + 4 + (vector->rows * vector->columns + 15) / 16;
    return engine.free;
  }
  return cycle + 1;  // the memory answers within the cycle
}

void ClockedMachine::start(std::size_t index, Femtoseconds now) {
  const EngineSetup& setup = setup_.engines[index];
  const Cycle cycle = setup.clock.cycle_at_or_after(now);
  if (setup.clock.edge(cycle) != now) {
    return;
  }
  Engine& engine = engines_[index];
  while (const std::optional<std::size_t> stream = choose(index, now)) {
    auto& queue = engine.queues[*stream];
    const bool is_move = std::holds_alternative<command::Move>(queue.front().command.body);
    if (is_move ? engine.going.size() >= setup.most_under_way : engine.free > cycle) {
      break;
    }
    const Command command = queue.front().command;
    queue.pop_front();
    engine.last_served = *stream;
    outcome_.spans[*stream][command.id].start = now;
    engine.going.push_back({*stream, command.id, done_after(index, command, cycle)});
  }
  const bool waits = std::any_of(
      engine.queues.begin(), engine.queues.end(),
      [&](const auto& queue) { return !queue.empty() && queue.front().arrival <= now; });
  engine.states += !engine.going.empty() ? 'b' : waits ? 's' : 'i';
}

bool ClockedMachine::all_stand_at(std::uint64_t number) const {
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    for (std::size_t i = 0; i < streams_[s].size(); ++i) {
      const auto* rendezvous = std::get_if<command::Rendezvous>(&streams_[s][i].body);
      if (rendezvous != nullptr && rendezvous->number == number &&
          (sequencers_[s].next != i || !drained(s))) {
        return false;
      }
    }
  }
  return true;
}

// Whether the sequencer went on by a command, or launched a layer.
bool ClockedMachine::read(std::size_t stream, Femtoseconds now) {
  const base::ClockDomain& clock = setup_.sequencer_clock;
  const Cycle cycle = clock.cycle_at_or_after(now);
  Sequencer& sequencer = sequencers_[stream];
  if (clock.edge(cycle) != now || sequencer.next == streams_[stream].size()) {
    return false;
  }
  const Command& command = streams_[stream][sequencer.next];
  if (const auto* rendezvous = std::get_if<command::Rendezvous>(&command.body)) {
    if (all_stand_at(rendezvous->number)) {
      open_.insert(rendezvous->number);
    }
    if (!open_.contains(rendezvous->number)) {
      return false;
    }
  } else if (std::holds_alternative<command::Barrier>(command.body)) {
    if (!drained(stream)) {
      return false;
    }
  } else if (setup_.launch_cycles > 0 &&
             static_cast<std::int64_t>(command.layer) > sequencer.launched) {
    if (!drained(stream)) {
      return false;
    }
    sequencer.launched = command.layer;
    for (Dispatcher& dispatcher : sequencer.dispatchers) {
      dispatcher.may_send = cycle + setup_.launch_cycles;
    }
    return true;
  } else {
    Dispatcher& dispatcher = sequencer.dispatchers[setup_.engines[command.engine].partition];
    if (dispatcher.queue.size() >= setup_.lookahead) {
      return false;
    }
    dispatcher.queue.push_back(command);
  }
  ++sequencer.next;
  return true;
}

// Whether the dispatcher sent a command.
bool ClockedMachine::send(std::size_t stream, std::size_t partition, Femtoseconds now) {
  const base::ClockDomain& clock = setup_.sequencer_clock;
  const Cycle cycle = clock.cycle_at_or_after(now);
  Dispatcher& dispatcher = sequencers_[stream].dispatchers[partition];
  if (clock.edge(cycle) != now || dispatcher.queue.empty() || cycle < dispatcher.may_send) {
    return false;
  }
  const Command& command = dispatcher.queue.front();
  auto& queue = engines_[command.engine].queues[stream];
  if (queue.size() >= setup_.engines[command.engine].queue_depth) {
    return false;
  }
  dispatcher.may_send = cycle + setup_.dispatch_cycles;
  queue.push_back({command, clock.edge(dispatcher.may_send)});
  dispatcher.queue.pop_front();
  return true;
}

}  // namespace orrery::testing
