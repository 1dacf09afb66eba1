// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "base/clock.h"
#include "command/command.h"
#include "engine/scoreboard.h"
#include "metrics/engine_account.h"

namespace orrery::engine {

using base::Cycle;
using base::Femtoseconds;

[[nodiscard]] inline Femtoseconds now() {
  return static_cast<Femtoseconds>(sc_core::sc_time_stamp().value());
}

// What every engine of a run is built with.
struct EngineContext {
  std::string name;
  std::string kind;
  command::EngineIndex index = 0;
  base::ClockDomain clock;
  std::size_t queue_depth = 1;
  Scoreboard& scoreboard;
  std::vector<std::string> engine_kinds;  // by EngineIndex: names of stall causes
};

// An in-order queue of commands and a unit that executes them. The unit starts a command at an edge
// of its clock once the command has arrived, its dependencies are done and the unit can take it;
// several may be under way; they complete in order. One process, woken when something can change.
class Engine : public sc_core::sc_module, public Waiter {
 public:
  explicit Engine(EngineContext context);

  // The sequencer's side.
  [[nodiscard]] bool has_room() const { return queue_.size() < context_.queue_depth; }
  // Hands over a command that arrives at a later time; arrivals do not decrease.
  void enqueue(command::Command command, Femtoseconds arrival);
  // Woken once, when a place in the queue falls free.
  void notify_room(Waiter& waiter) { room_waiter_ = &waiter; }

  // Ends the account at the first edge at or after `end`.
  void finish(Femtoseconds end);

  [[nodiscard]] const std::string& engine_name() const { return context_.name; }
  [[nodiscard]] const std::string& engine_kind() const { return context_.kind; }
  [[nodiscard]] const base::ClockDomain& clock() const { return context_.clock; }
  [[nodiscard]] const metrics::EngineAccount& account() const { return account_; }
  [[nodiscard]] std::int64_t enqueued() const { return enqueued_; }
  [[nodiscard]] std::int64_t started() const { return started_; }
  [[nodiscard]] std::int64_t completed() const { return completed_; }
  [[nodiscard]] Femtoseconds last_completion() const { return last_completion_; }
  // Multiply-accumulates at most a cycle.
  [[nodiscard]] virtual std::int64_t peak_macs() const { return 0; }
  // For the watchdog: what stands at the head of the queue and what it waits for.
  [[nodiscard]] std::string describe_wait() const;
  [[nodiscard]] const std::vector<metrics::Span>& spans() const { return spans_; }
  void record_spans(Femtoseconds begin, Femtoseconds end);

  // Waiter
  void wake() override { wake_.notify(sc_core::SC_ZERO_TIME); }

 protected:
  // The first cycle at which the unit could take the next command; no value: not before something
  // wakes it.
  [[nodiscard]] virtual std::optional<Cycle> ready_cycle(Cycle now_cycle) const = 0;
  // Starts the command at `cycle`. Returns the first cycle in which it is done, or no value where
  // the unit will call finish_command() itself.
  virtual std::optional<Cycle> start(const command::Command& command, Cycle cycle) = 0;

  // The started command `id` is done (seen at the next edge).
  void finish_command(command::CommandId id);
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
  [[nodiscard]] metrics::EngineLayerAccount& layer_account(command::LayerIndex layer) {
    return account_.layer(layer);
  }
  [[nodiscard]] const EngineContext& context() const { return context_; }

 private:
  struct Queued {
    command::Command command;
    Femtoseconds arrival = 0;
  };
  struct UnderWay {
    command::CommandId id = 0;
    command::LayerIndex layer = 0;
    Femtoseconds start = 0;
    std::optional<Cycle> done;
  };

  SC_HAS_PROCESS(Engine);
  void step();
  void retire(Cycle cycle);
  void start_ready(Cycle cycle);
  [[nodiscard]] const command::Dependency* unmet_dependency() const;
  void account_state(Cycle cycle);
  void schedule_next(Cycle cycle);
  void wake_at(Femtoseconds time);

  EngineContext context_;
  sc_core::sc_event wake_;
  std::deque<Queued> queue_;
  std::deque<UnderWay> under_way_;
  metrics::EngineAccount account_;
  Waiter* room_waiter_ = nullptr;
  command::CommandId registered_for_ = 0;  // the head has asked the scoreboard already
  command::Dependency registered_dependency_;
  std::int64_t enqueued_ = 0;
  std::int64_t started_ = 0;
  std::int64_t completed_ = 0;
  Femtoseconds last_completion_ = 0;
  std::vector<metrics::Span> spans_;
  Femtoseconds span_begin_ = INT64_MAX;
  Femtoseconds span_end_ = INT64_MIN;
};

}  // namespace orrery::engine
