// SPDX-License-Identifier: Apache-2.0
#include "platform/sequencer.h"

#include <algorithm>

namespace orrery::platform {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const base::ClockDomain& clock,
                     std::int64_t dispatch_cycles, command::Source& stream,
                     engine::Scoreboard& scoreboard, StreamAudit& audit)
    : sc_core::sc_module(name),
      clock_(clock),
      dispatch_cycles_(dispatch_cycles),
      stream_(stream),
      scoreboard_(scoreboard),
      audit_(audit) {
  SC_METHOD(step);
  sensitive << wake_;
}

bool Sequencer::fetch() {
  if (pending_) {
    return true;
  }
  command::Command command;
  if (stopped_ || exhausted_ || !stream_.next(command)) {
    exhausted_ = true;
    return false;
  }
  pending_ = std::move(command);
  audit_.add(*pending_);
  return true;
}

bool Sequencer::may_pass_barrier() {
  if (scoreboard_.count() == static_cast<std::uint64_t>(dispatched_)) {
    scoreboard_.set_drain_waiter(nullptr);
    return true;
  }
  scoreboard_.set_drain_waiter(this);
  return false;
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
    if (std::holds_alternative<command::Barrier>(pending_->body)) {
      if (!may_pass_barrier()) {
        return;
      }
      pending_.reset();
      continue;
    }
    engine::Engine& target = *engines_[pending_->engine];
    if (!target.has_room()) {
      target.notify_room(*this);
      return;
    }
    next_dispatch_ += dispatch_cycles_;
    newest_layer_ = std::max(newest_layer_, pending_->layer);
    ++dispatched_;
    target.enqueue(std::move(*pending_), clock_.edge(next_dispatch_));
    pending_.reset();
  }
}

}  // namespace orrery::platform
