// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "command/command.h"

namespace orrery::engine {

// Someone who can be told that what it waited for has happened.
class Waiter {
 public:
  virtual ~Waiter() = default;
  // Called while the completing engine runs; must only ask the kernel to be run again at this time.
  virtual void wake() = 0;
};

// Which commands are done. Engines complete their commands in the order of the stream, so one
// number an engine says it all.
class Scoreboard {
 public:
  explicit Scoreboard(std::size_t engines) : completed_(engines, 0), waiting_(engines) {}

  [[nodiscard]] bool is_done(const command::Dependency& dependency) const {
    return completed_[dependency.engine] >= dependency.id;
  }

  // Wakes `waiter` once, when the dependency is met.
  void wait_for(const command::Dependency& dependency, Waiter& waiter) {
    waiting_[dependency.engine].emplace_back(dependency.id, &waiter);
  }

  void complete(command::EngineIndex engine, command::CommandId id) {
    completed_[engine] = id;
    ++count_;
    auto& waiting = waiting_[engine];
    for (std::size_t i = 0; i < waiting.size();) {
      if (waiting[i].first <= id) {
        waiting[i].second->wake();
        waiting[i] = waiting.back();
        waiting.pop_back();
      } else {
        ++i;
      }
    }
    if (drain_waiter_ != nullptr) {
      drain_waiter_->wake();
    }
  }

  // Commands completed so far.
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Woken at every completion; null for nobody.
  void set_drain_waiter(Waiter* waiter) { drain_waiter_ = waiter; }

 private:
  std::vector<command::CommandId> completed_;
  std::vector<std::vector<std::pair<command::CommandId, Waiter*>>> waiting_;
  std::uint64_t count_ = 0;
  Waiter* drain_waiter_ = nullptr;
};

}  // namespace orrery::engine
