// SPDX-License-Identifier: Apache-2.0
#include "functional/random_order.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::functional {

using command::Command;

RandomOrder::RandomOrder(const std::vector<std::vector<Command>>& streams, std::size_t engines,
                         std::uint64_t seed, std::size_t under_way)
    : streams_(streams),
      engines_(engines),
      random_(seed),
      under_way_(under_way),
      queues_(streams.size() * engines),
      borders_(streams.size()) {
  for (std::size_t s = 0; s < streams.size(); ++s) {
    for (std::size_t engine = 0; engine < engines; ++engine) {
      queues_[s * engines + engine].stream = s;
    }
    for (std::size_t i = 0; i < streams[s].size(); ++i) {
      const Command& command = streams[s][i];
      if (!command::is_for_sequencer(command)) {
        queues_[s * engines + command.engine].waiting.push_back(i);
        continue;
      }
      Border border{command.id, std::nullopt};
      if (const auto* rendezvous = std::get_if<command::Rendezvous>(&command.body)) {
        border.rendezvous = rendezvous->number;
        meetings_[rendezvous->number].push_back({s, command.id});
      }
      borders_[s].push_back(border);
    }
  }
}

std::optional<RandomOrder::Place> RandomOrder::next() {
  start();
  std::vector<std::pair<std::size_t, std::size_t>> choices;  // queue, place among those started
  for (std::size_t q = 0; q < queues_.size(); ++q) {
    const auto& started = queues_[q].started;
    for (std::size_t i = 0; i < started.size(); ++i) {
      choices.emplace_back(q, i);
      const auto& body = command(queues_[q], started[i]).body;
      if (std::holds_alternative<command::ComputeTile>(body) ||
          std::holds_alternative<command::PimProgram>(body)) {
        break;
      }
    }
  }
  if (choices.empty()) {
    for (const Queue& queue : queues_) {
      base::require_invariant(queue.waiting.empty(), "commands wait only for earlier ones");
    }
    return std::nullopt;
  }
  const auto pick =
      static_cast<std::size_t>(random_.integer(0, static_cast<std::int64_t>(choices.size()) - 1));
  Queue& queue = queues_[choices[pick].first];
  const auto place = queue.started.begin() + static_cast<std::ptrdiff_t>(choices[pick].second);
  const std::size_t index = *place;
  queue.started.erase(place);
  return Place{queue.stream, index};
}

// Engines complete in order: a command is done when it and all before it have taken effect.
bool RandomOrder::done(std::size_t stream, const command::Dependency& dependency) const {
  const Queue& queue = queues_[stream * engines_ + dependency.engine];
  return (queue.waiting.empty() || command(queue, queue.waiting.front()).id > dependency.id) &&
         std::none_of(queue.started.begin(), queue.started.end(),
                      [&](std::size_t i) { return command(queue, i).id <= dependency.id; });
}

bool RandomOrder::all_done(const Stop& stop) const {
  for (std::size_t engine = 0; engine < engines_; ++engine) {
    if (!done(stop.stream, {static_cast<command::EngineIndex>(engine), stop.id})) {
      return false;
    }
  }
  return true;
}

bool RandomOrder::passed(std::size_t stream, const Border& border) const {
  if (!border.rendezvous) {
    return all_done({stream, border.id});
  }
  const std::vector<Stop>& stops = meetings_.at(*border.rendezvous);
  return std::all_of(stops.begin(), stops.end(),
                     [this](const Stop& stop) { return all_done(stop); });
}

bool RandomOrder::may_start(std::size_t stream, const Command& command) const {
  for (const Border& border : borders_[stream]) {
    if (border.id > command.id) {
      break;
    }
    if (!passed(stream, border)) {
      return false;
    }
  }
  return std::all_of(
      command.after.begin(), command.after.end(),
      [&](const command::Dependency& dependency) { return done(stream, dependency); });
}

void RandomOrder::start() {
  for (Queue& queue : queues_) {
    while (!queue.waiting.empty() && queue.started.size() < under_way_ &&
           may_start(queue.stream, command(queue, queue.waiting.front()))) {
      queue.started.push_back(queue.waiting.front());
      queue.waiting.pop_front();
    }
  }
}

}  // namespace orrery::functional
