// SPDX-License-Identifier: Apache-2.0
#include "platform/dispatcher.h"

#include <algorithm>
#include <utility>

namespace orrery::platform {

bool Dispatcher::is_full(base::Cycle cycle) {
  if (!config_.places) {
    return !waiting_.empty();
  }
  while (!sending_.empty() && sending_.front() <= cycle) {
    sending_.pop_front();
  }
  return waiting_.size() + sending_.size() >= *config_.places;
}

std::optional<base::Cycle> Dispatcher::next_place() const {
  return sending_.empty() ? std::nullopt : std::optional(sending_.front());
}

void Dispatcher::add(command::Command command) {
  waiting_.push_back(std::move(command));
  if (!waits_for_room_) {
    make_ready();
  }
}

void Dispatcher::make_ready() {
  if (!is_ready_) {
    is_ready_ = true;
    ready_.push_back(this);
  }
}

void Dispatcher::wake() {
  waits_for_room_ = false;
  make_ready();
  sequencer_.wake();
}

Dispatcher::Sent Dispatcher::send(base::Cycle cycle, const std::vector<engine::Engine*>& engines) {
  is_ready_ = false;
  next_ = std::max(next_, cycle);
  Sent sent;
  while (!waiting_.empty()) {
    engine::Engine& target = *engines[waiting_.front().engine];
    if (!target.has_room(config_.stream)) {
      waits_for_room_ = true;
      target.notify_room(config_.stream, *this);
      break;
    }
    if (config_.places) {
      sending_.push_back(next_);
    }
    next_ += config_.dispatch_cycles;
    const base::Femtoseconds arrival = config_.clock.edge(next_);
    sent.first_arrival = sent.commands == 0 ? arrival : sent.first_arrival;
    ++sent.commands;
    target.enqueue(config_.stream, std::move(waiting_.front()), arrival);
    waiting_.pop_front();
  }
  return sent;
}

}  // namespace orrery::platform
