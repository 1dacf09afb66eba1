// SPDX-License-Identifier: Apache-2.0
#include "platform/sequencer.h"

#include <algorithm>
#include <utility>

namespace orrery::platform {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const DispatchConfig& config,
                     const StreamContext& stream, StreamAudit& audit)
    : sc_core::sc_module(name), config_(config), stream_(stream), audit_(audit) {
  Dispatcher::Config one{config_.clock, config_.dispatch_cycles, std::nullopt, stream_.index};
  if (config_.partitions > 1) {
    one.places = config_.lookahead;
  }
  for (std::int64_t i = 0; i < config_.partitions; ++i) {
    dispatchers_.push_back(std::make_unique<Dispatcher>(one, *this, ready_));
  }
  SC_METHOD(step);
  sensitive << wake_;
}

bool Sequencer::fetch() {
  if (pending_) {
    return true;
  }
  command::Command command;
  if (stopped_ || exhausted_ || !stream_.source.next(command)) {
    exhausted_ = true;
    return false;
  }
  pending_ = std::move(command);
  audit_.add(*pending_);
  return true;
}

bool Sequencer::may_pass_barrier() {
  if (drained()) {
    stream_.scoreboard.set_drain_waiter(nullptr);
    return true;
  }
  stream_.scoreboard.set_drain_waiter(this);
  return false;
}

// A layer that has begun is not launched again, whatever stands between its commands.
bool Sequencer::launched(command::LayerIndex layer, base::Cycle cycle) {
  if (config_.launch_cycles == 0 || layer < layers_launched_) {
    return true;
  }
  if (!may_pass_barrier()) {
    return false;
  }
  layers_launched_ = layer + 1;
  earliest_ = cycle + config_.launch_cycles;
  return true;
}

bool Sequencer::may_pass(const command::Rendezvous& rendezvous) {
  if (!may_pass_barrier()) {
    return false;
  }
  if (waits_since_ < 0) {
    waits_since_ = engine::now();
  }
  if (!stream_.rendezvous.reach(rendezvous.number, stream_.index, *this)) {
    return false;
  }
  rendezvous_wait_ += engine::now() - waits_since_;
  waits_since_ = -1;
  return true;
}

std::optional<std::uint64_t> Sequencer::waits_at() const {
  return waits_since_ < 0 || !pending_
             ? std::nullopt
             : std::optional(std::get<command::Rendezvous>(pending_->body).number);
}

// Whether the sequencer's own command is done.
bool Sequencer::execute(const command::Command& command) {
  const auto* rendezvous = std::get_if<command::Rendezvous>(&command.body);
  return rendezvous != nullptr ? may_pass(*rendezvous) : may_pass_barrier();
}

void Sequencer::step() {
  try {
    dispatch();
  } catch (...) {
    error_ = std::current_exception();
    pending_.reset();
    exhausted_ = true;
  }
}

// Gives the next command to its dispatcher; false where that has to wait.
bool Sequencer::read(base::Cycle cycle) {
  if (!fetch()) {
    return false;
  }
  if (command::is_for_sequencer(*pending_)) {
    if (!execute(*pending_)) {
      return false;
    }
    pending_.reset();
    return true;
  }
  if (!launched(pending_->layer, cycle)) {
    return false;
  }
  const std::int64_t partition = config_.partition[pending_->engine];
  Dispatcher& dispatcher = *dispatchers_[static_cast<std::size_t>(partition)];
  if (dispatcher.is_full(cycle)) {
    if (const std::optional<base::Cycle> place = dispatcher.next_place()) {
      wake_.notify(sc_core::sc_time::from_value(
          static_cast<std::uint64_t>(config_.clock.edge(*place) - engine::now())));
    }
    return false;
  }
  newest_layer_ = std::max(newest_layer_, pending_->layer);
  pending_->layer += stream_.first_layer;
  ++read_;
  dispatcher.add(std::move(*pending_));
  pending_.reset();
  return true;
}

// Whether some dispatcher sent something.
bool Sequencer::send(base::Cycle cycle) {
  bool any = false;
  for (Dispatcher* const dispatcher : std::exchange(ready_, {})) {
    const Dispatcher::Sent sent = dispatcher->send(std::max(cycle, earliest_), engines_);
    if (sent.commands > 0) {
      any = true;
      dispatched_ += sent.commands;
      first_arrival_ =
          first_arrival_ < 0 ? sent.first_arrival : std::min(first_arrival_, sent.first_arrival);
    }
  }
  return any;
}

// A clocked sequencer would do this in every cycle.
void Sequencer::dispatch() {
  const base::Cycle cycle = config_.clock.cycle_at_or_after(engine::now());
  do {
    while (read(cycle)) {
    }
  } while (send(cycle));
}

}  // namespace orrery::platform
