// SPDX-License-Identifier: Apache-2.0
#include "platform/sequencer.h"

#include <algorithm>

namespace orrery::platform {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const base::ClockDomain& clock,
                     std::int64_t dispatch_cycles, base::Cycle launch_cycles,
                     const StreamContext& stream, StreamAudit& audit)
    : sc_core::sc_module(name),
      clock_(clock),
      dispatch_cycles_(dispatch_cycles),
      launch_cycles_(launch_cycles),
      stream_(stream),
      audit_(audit) {
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
bool Sequencer::launched(command::LayerIndex layer) {
  if (launch_cycles_ == 0 || layer < layers_launched_) {
    return true;
  }
  if (!may_pass_barrier()) {
    return false;
  }
  layers_launched_ = layer + 1;
  next_dispatch_ += launch_cycles_;
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

// A clocked sequencer would look at one command every dispatch_cycles. A queue with room now has
// room until something is sent to it, so all commands that fit are sent in one go, each with the
// arrival time it would have had.
void Sequencer::dispatch() {
  const base::Cycle cycle = clock_.cycle_at_or_after(engine::now());
  next_dispatch_ = std::max(next_dispatch_, cycle);
  while (fetch()) {
    if (command::is_for_sequencer(*pending_)) {
      if (!execute(*pending_)) {
        return;
      }
      pending_.reset();
      continue;
    }
    if (!launched(pending_->layer)) {
      return;
    }
    engine::Engine& target = *engines_[pending_->engine];
    if (!target.has_room(stream_.index)) {
      target.notify_room(stream_.index, *this);
      return;
    }
    next_dispatch_ += dispatch_cycles_;
    const base::Femtoseconds arrival = clock_.edge(next_dispatch_);
    newest_layer_ = std::max(newest_layer_, pending_->layer);
    first_arrival_ = first_arrival_ < 0 ? arrival : first_arrival_;
    ++dispatched_;
    pending_->layer += stream_.first_layer;
    target.enqueue(stream_.index, std::move(*pending_), arrival);
    pending_.reset();
  }
}

}  // namespace orrery::platform
