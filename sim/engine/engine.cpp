// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::engine {

using metrics::EngineAccount;

Engine::Engine(EngineContext context)
    : sc_core::sc_module(sc_core::sc_module_name(context.name.c_str())),
      context_(std::move(context)) {
  SC_METHOD(step);
  sensitive << wake_;
  dont_initialize();
}

void Engine::enqueue(command::Command command, Femtoseconds arrival) {
  queue_.push_back({std::move(command), arrival});
  ++enqueued_;
  if (queue_.size() == 1) {
    wake_at(arrival);
  }
}

void Engine::record_spans(Femtoseconds begin, Femtoseconds end) {
  span_begin_ = begin;
  span_end_ = end;
}

void Engine::finish(Femtoseconds end) {
  account_.finish(context_.clock.cycle_at_or_after(end));
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
  start_ready(cycle);
  account_state(cycle);
  schedule_next(cycle);
}

void Engine::retire(Cycle cycle) {
  while (!under_way_.empty() && under_way_.front().done && *under_way_.front().done <= cycle) {
    const UnderWay finished = under_way_.front();
    under_way_.pop_front();
    ++completed_;
    last_completion_ = now();
    account_.layer(finished.layer).last_end = now();
    if (finished.start < span_end_ && now() > span_begin_) {
      spans_.push_back({context_.index, finished.layer, finished.start, now()});
    }
    context_.scoreboard.complete(context_.index, finished.id);
  }
}

const command::Dependency* Engine::unmet_dependency() const {
  for (const command::Dependency& dependency : queue_.front().command.after) {
    if (!context_.scoreboard.is_done(dependency)) {
      return &dependency;
    }
  }
  return nullptr;
}

void Engine::start_ready(Cycle cycle) {
  while (!queue_.empty() && queue_.front().arrival <= now()) {
    if (const command::Dependency* dependency = unmet_dependency()) {
      const command::CommandId head = queue_.front().command.id;
      if (registered_for_ != head || !(registered_dependency_ == *dependency)) {
        registered_for_ = head;
        registered_dependency_ = *dependency;
        context_.scoreboard.wait_for(*dependency, *this);
      }
      return;
    }
    const std::optional<Cycle> ready = ready_cycle(cycle);
    if (!ready || *ready > cycle) {
      return;
    }
    const command::Command command = std::move(queue_.front().command);
    queue_.pop_front();
    if (room_waiter_ != nullptr) {
      std::exchange(room_waiter_, nullptr)->wake();
    }
    account_state(cycle);
    metrics::EngineLayerAccount& layer = account_.layer(command.layer);
    if (layer.first_start < 0) {
      layer.first_start = now();
    }
    ++started_;
    under_way_.push_back({command.id, command.layer, now(), std::nullopt});
    under_way_.back().done = start(command, cycle);
    retire(cycle);
  }
}

void Engine::finish_command(command::CommandId id) {
  const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](const UnderWay& entry) { return entry.id == id; });
  base::require_invariant(found != under_way_.end(), "a finished command was under way",
                          context_.name);
  found->done = context_.clock.cycle_at_or_after(now());
  wake();
}

void Engine::account_state(Cycle cycle) {
  if (!under_way_.empty()) {
    account_.enter(cycle, EngineAccount::State::kBusy, under_way_.front().layer);
  } else if (!queue_.empty() && queue_.front().arrival <= now()) {
    const command::Dependency* dependency = unmet_dependency();
    account_.enter(
        cycle, EngineAccount::State::kStalled, queue_.front().command.layer,
        dependency == nullptr ? "issue" : "waits for " + context_.engine_kinds[dependency->engine]);
  } else {
    account_.enter(cycle, EngineAccount::State::kIdle);
  }
}

void Engine::schedule_next(Cycle cycle) {
  Femtoseconds next = INT64_MAX;
  if (!under_way_.empty() && under_way_.front().done) {
    next = context_.clock.edge(*under_way_.front().done);
  }
  if (!queue_.empty()) {
    if (queue_.front().arrival > now()) {
      next = std::min(next, queue_.front().arrival);
    } else if (unmet_dependency() == nullptr) {
      if (const std::optional<Cycle> ready = ready_cycle(cycle)) {
        next = std::min(next, context_.clock.edge(std::max(*ready, cycle + 1)));
      }
    }
  }
  if (next != INT64_MAX) {
    wake_at(next);
  }
}

std::string Engine::describe_wait() const {
  if (queue_.empty()) {
    return fmt::format("{}: queue empty, {} under way", context_.name, under_way_.size());
  }
  const command::Dependency* dependency = unmet_dependency();
  return fmt::format("{}: {} under way, command {} at the head {}", context_.name,
                     under_way_.size(), queue_.front().command.id,
                     dependency == nullptr
                         ? std::string("is ready")
                         : fmt::format("waits for command {} of {}", dependency->id,
                                       context_.engine_kinds[dependency->engine]));
}

}  // namespace orrery::engine
