// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::engine {

using metrics::EngineAccount;

Engine::Engine(EngineContext context)
    : sc_core::sc_module(sc_core::sc_module_name(context.name.c_str())),
      context_(std::move(context)),
      queues_(context_.scoreboards.size()),
      last_served_(static_cast<StreamIndex>(queues_.size() - 1)),
      blocked_streams_(queues_.size()) {
  SC_METHOD(step);
  sensitive << wake_;
  dont_initialize();
}

void Engine::enqueue(StreamIndex stream, command::Command command, Femtoseconds arrival) {
  Queue& queue = queues_[stream];
  queue.commands.push_back({std::move(command), arrival});
  ++enqueued_;
  if (queue.commands.size() == 1) {
    wake_at(arrival);
  }
}

void Engine::record_spans(Femtoseconds begin, Femtoseconds end) {
  span_begin_ = begin;
  span_end_ = end;
}

void Engine::finish(Femtoseconds end) {
  const Cycle cycle = context_.clock.cycle_at_or_after(end);
  account_.finish({cycle, context_.clock.edge(cycle)});
}

void Engine::wake_at(Femtoseconds time) {
  const Femtoseconds current = now();
  if (time <= current) {
    wake_.notify(sc_core::SC_ZERO_TIME);
  } else {
    wake_.notify(sc_core::sc_time::from_value(static_cast<std::uint64_t>(time - current)));
  }
}

void Engine::step() {
  const Cycle cycle = context_.clock.cycle_at_or_after(now());
  if (context_.clock.edge(cycle) != now()) {
    wake_at(context_.clock.edge(cycle));
    return;
  }
  retire(cycle);
  if (queues_.size() > 1) {
    context_.decisions->request(context_.index, *this);
    return;
  }
  decide();
}

void Engine::decide() {
  const Cycle cycle = context_.clock.cycle_at_or_after(now());
  start_ready(cycle);
  account_state(cycle);
  schedule_next(cycle);
}

// Of each stream, commands complete in the order in which they started.
void Engine::retire(Cycle cycle) {
  std::fill(blocked_streams_.begin(), blocked_streams_.end(), false);
  std::size_t blocked = 0;
  for (std::size_t i = 0; i < under_way_.size() && blocked < queues_.size();) {
    const UnderWay entry = under_way_[i];
    if (blocked_streams_[entry.stream]) {
      ++i;
    } else if (entry.done && *entry.done <= cycle) {
      under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
      complete(entry);
    } else {
      blocked_streams_[entry.stream] = true;
      ++blocked;
      ++i;
    }
  }
}

void Engine::complete(const UnderWay& finished) {
  ++completed_;
  last_completion_ = now();
  account_.layer(finished.layer).last_end = now();
  account_.multiply(finished.start, now(), finished.macs);
  if (finished.start < span_end_ && now() > span_begin_) {
    spans_.push_back({context_.index, finished.layer, finished.start, now()});
  }
  context_.scoreboards[finished.stream].complete(context_.index, finished.id);
}

bool Engine::has_arrived(const Queue& queue) const {
  return !queue.commands.empty() && queue.commands.front().arrival <= now();
}

const command::Dependency* Engine::unmet_dependency(StreamIndex stream) const {
  const Scoreboard& scoreboard = context_.scoreboards[stream];
  for (const command::Dependency& dependency : queues_[stream].commands.front().command.after) {
    if (!scoreboard.is_done(dependency)) {
      return &dependency;
    }
  }
  return nullptr;
}

void Engine::wait_for_dependency(StreamIndex stream, const command::Dependency& dependency) {
  Queue& queue = queues_[stream];
  const command::CommandId head = queue.commands.front().command.id;
  if (queue.registered_for != head || !(queue.registered_dependency == dependency)) {
    queue.registered_for = head;
    queue.registered_dependency = dependency;
    context_.scoreboards[stream].wait_for(dependency, *this);
  }
}

// Whether the head of stream a is started before that of stream b where both could be.
bool Engine::goes_before(StreamIndex a, StreamIndex b) const {
  const auto turns = [&](StreamIndex stream) {
    return (stream + queues_.size() - last_served_ - 1) % queues_.size();
  };
  switch (context_.arbitration) {
    case hardware::Arbitration::kOldestFirst: {
      const Femtoseconds arrival_a = queues_[a].commands.front().arrival;
      const Femtoseconds arrival_b = queues_[b].commands.front().arrival;
      return arrival_a != arrival_b ? arrival_a < arrival_b : a < b;
    }
    case hardware::Arbitration::kRoundRobin:
      return turns(a) < turns(b);
    case hardware::Arbitration::kPriority:
      return a < b;
  }
  return a < b;
}

// The stream whose head has arrived, waits for nothing and goes first.
std::optional<StreamIndex> Engine::choose() const {
  std::optional<StreamIndex> chosen;
  for (StreamIndex stream = 0; stream < queues_.size(); ++stream) {
    if (has_arrived(queues_[stream]) && (!chosen || goes_before(stream, *chosen)) &&
        unmet_dependency(stream) == nullptr) {
      chosen = stream;
    }
  }
  return chosen;
}

void Engine::start_ready(Cycle cycle) {
  while (const std::optional<StreamIndex> stream = choose()) {
    const std::optional<Cycle> ready = ready_cycle(cycle);
    if (!ready || *ready > cycle) {
      break;
    }
    start_head(*stream, cycle);
  }
  for (StreamIndex stream = 0; stream < queues_.size(); ++stream) {
    if (has_arrived(queues_[stream])) {
      if (const command::Dependency* dependency = unmet_dependency(stream)) {
        wait_for_dependency(stream, *dependency);
      }
    }
  }
}

void Engine::start_head(StreamIndex stream, Cycle cycle) {
  Queue& queue = queues_[stream];
  const command::Command command = std::move(queue.commands.front().command);
  queue.commands.pop_front();
  last_served_ = stream;
  if (queue.room_waiter != nullptr) {
    std::exchange(queue.room_waiter, nullptr)->wake();
  }
  account_state(cycle);
  metrics::EngineLayerAccount& layer = account_.layer(command.layer);
  if (layer.first_start < 0) {
    layer.first_start = now();
  }
  const auto ticket = static_cast<Ticket>(++started_);
  const std::int64_t macs_before = layer.macs_useful;
  under_way_.push_back({ticket, stream, command.id, command.layer, now(), 0, std::nullopt});
  under_way_.back().done = start(command, ticket, cycle);
  under_way_.back().macs = account_.layer(command.layer).macs_useful - macs_before;
  retire(cycle);
}

void Engine::finish_command(Ticket ticket) {
  const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](const UnderWay& entry) { return entry.ticket == ticket; });
  base::require_invariant(found != under_way_.end(), "a finished command was under way",
                          context_.name);
  found->done = context_.clock.cycle_at_or_after(now());
  wake();
}

void Engine::account_state(Cycle cycle) {
  if (!under_way_.empty()) {
    account_.enter({cycle, now()}, EngineAccount::State::kBusy, under_way_.front().layer);
  } else {
    account_wait(cycle);
  }
}

// A stall is charged to the command that would be started first if it could be.
void Engine::account_wait(Cycle cycle) {
  std::optional<StreamIndex> waiting = choose();
  const char* cause = "issue";
  std::string cause_of_wait;
  if (!waiting) {
    for (StreamIndex stream = 0; stream < queues_.size(); ++stream) {
      if (has_arrived(queues_[stream]) && (!waiting || goes_before(stream, *waiting))) {
        waiting = stream;
      }
    }
    if (!waiting) {
      account_.enter({cycle, now()}, EngineAccount::State::kIdle);
      return;
    }
    cause_of_wait = "waits for " + context_.engine_kinds[unmet_dependency(*waiting)->engine];
    cause = cause_of_wait.c_str();
  }
  account_.enter({cycle, now()}, EngineAccount::State::kStalled,
                 queues_[*waiting].commands.front().command.layer, cause);
}

// When the oldest command of some stream is done.
Femtoseconds Engine::next_completion() {
  Femtoseconds next = INT64_MAX;
  std::fill(blocked_streams_.begin(), blocked_streams_.end(), false);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < under_way_.size() && seen < queues_.size(); ++i) {
    const UnderWay& entry = under_way_[i];
    if (blocked_streams_[entry.stream]) {
      continue;
    }
    blocked_streams_[entry.stream] = true;
    ++seen;
    if (entry.done) {
      next = std::min(next, context_.clock.edge(*entry.done));
    }
  }
  return next;
}

void Engine::schedule_next(Cycle cycle) {
  Femtoseconds next = next_completion();
  bool has_ready_head = false;
  for (StreamIndex stream = 0; stream < queues_.size(); ++stream) {
    const Queue& queue = queues_[stream];
    if (!queue.commands.empty() && queue.commands.front().arrival > now()) {
      next = std::min(next, queue.commands.front().arrival);
    } else if (!queue.commands.empty() && unmet_dependency(stream) == nullptr) {
      has_ready_head = true;
    }
  }
  if (has_ready_head) {
    if (const std::optional<Cycle> ready = ready_cycle(cycle)) {
      next = std::min(next, context_.clock.edge(std::max(*ready, cycle + 1)));
    }
  }
  if (next != INT64_MAX) {
    wake_at(next);
  }
}

std::string Engine::describe_wait() const {
  std::string text;
  for (StreamIndex stream = 0; stream < queues_.size(); ++stream) {
    if (queues_[stream].commands.empty()) {
      continue;
    }
    const command::Dependency* dependency = unmet_dependency(stream);
    text += fmt::format(
        ", command {}{} at the head {}", queues_[stream].commands.front().command.id,
        queues_.size() == 1 ? "" : fmt::format(" of stream {}", stream + 1),
        dependency == nullptr ? std::string("is ready")
                              : fmt::format("waits for command {} of {}", dependency->id,
                                            context_.engine_kinds[dependency->engine]));
  }
  return text.empty()
             ? fmt::format("{}: queue empty, {} under way", context_.name, under_way_.size())
             : fmt::format("{}: {} under way{}", context_.name, under_way_.size(), text);
}

}  // namespace orrery::engine
