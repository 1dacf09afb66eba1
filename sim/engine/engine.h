// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "base/clock.h"
#include "command/command.h"
#include "engine/decision_phase.h"
#include "engine/scoreboard.h"
#include "hardware/engine_config.h"
#include "metrics/engine_account.h"

namespace orrery::engine {

using base::Cycle;
using base::Femtoseconds;
// Index of a stream of the run.
using StreamIndex = std::uint16_t;
// Names a command that an engine has started: the engine's first is 1.
using Ticket = std::uint64_t;

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
  std::vector<Scoreboard>& scoreboards;   // by stream
  std::vector<std::string> engine_kinds;  // by EngineIndex: names of stall causes
  hardware::Arbitration arbitration = hardware::Arbitration::kOldestFirst;
  DecisionPhase* decisions = nullptr;  // needed where there are several streams
};

// An in-order queue of commands for each stream and a unit that executes them. The unit starts a
// command at an edge of its clock once the command heads its queue, has arrived, its dependencies
// are done and the unit can take it; of several such commands the arbitration picks one. Several
// may be under way; those of one stream complete in order. One process, woken when something can
// change.
class Engine : public sc_core::sc_module, public Waiter, public Decider {
 public:
  explicit Engine(EngineContext context);

  // The sequencers' side, each for its own stream.
  [[nodiscard]] bool has_room(StreamIndex stream) const {
    return queues_[stream].commands.size() < context_.queue_depth;
  }
  // Hands over a command that arrives at a later time; arrivals of a stream do not decrease.
  void enqueue(StreamIndex stream, command::Command command, Femtoseconds arrival);
  // Woken once, when a place in the stream's queue falls free.
  void notify_room(StreamIndex stream, Waiter& waiter) { queues_[stream].room_waiter = &waiter; }

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
  // For the watchdog: what stands at the heads of the queues and what it waits for.
  [[nodiscard]] std::string describe_wait() const;
  [[nodiscard]] const std::vector<metrics::Span>& spans() const { return spans_; }
  void record_spans(Femtoseconds begin, Femtoseconds end);

  // Waiter
  void wake() override { wake_.notify(sc_core::SC_ZERO_TIME); }
  // Decider
  void decide() override;

 protected:
  // The first cycle at which the unit could take the next command; no value: not before something
  // wakes it.
  [[nodiscard]] virtual std::optional<Cycle> ready_cycle(Cycle now_cycle) const = 0;
  // Starts the command at `cycle`. Returns the first cycle in which it is done, or no value where
  // the unit will call finish_command(ticket) itself.
  virtual std::optional<Cycle> start(const command::Command& command, Ticket ticket,
                                     Cycle cycle) = 0;

  // The command that was started with this ticket is done (seen at the next edge).
  void finish_command(Ticket ticket);
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
  struct Queue {
    std::deque<Queued> commands;
    Waiter* room_waiter = nullptr;
    command::CommandId registered_for = 0;  // the head has asked the scoreboard already
    command::Dependency registered_dependency;
  };
  struct UnderWay {
    Ticket ticket = 0;
    StreamIndex stream = 0;
    command::CommandId id = 0;
    command::LayerIndex layer = 0;
    Femtoseconds start = 0;
    std::int64_t macs = 0;  // useful
    std::optional<Cycle> done;
  };

  SC_HAS_PROCESS(Engine);
  void step();
  void retire(Cycle cycle);
  void complete(const UnderWay& finished);
  void start_ready(Cycle cycle);
  void start_head(StreamIndex stream, Cycle cycle);
  [[nodiscard]] bool has_arrived(const Queue& queue) const;
  [[nodiscard]] const command::Dependency* unmet_dependency(StreamIndex stream) const;
  void wait_for_dependency(StreamIndex stream, const command::Dependency& dependency);
  [[nodiscard]] std::optional<StreamIndex> choose() const;
  [[nodiscard]] bool goes_before(StreamIndex a, StreamIndex b) const;
  void account_state(Cycle cycle);
  void account_wait(Cycle cycle);
  void schedule_next(Cycle cycle);
  [[nodiscard]] Femtoseconds next_completion();
  void wake_at(Femtoseconds time);

  EngineContext context_;
  sc_core::sc_event wake_;
  std::vector<Queue> queues_;          // by stream
  std::deque<UnderWay> under_way_;     // in the order of their starts
  StreamIndex last_served_ = 0;        // of round robin
  std::vector<bool> blocked_streams_;  // whose oldest command was seen: scratch space
  metrics::EngineAccount account_;
  std::int64_t enqueued_ = 0;
  std::int64_t started_ = 0;
  std::int64_t completed_ = 0;
  Femtoseconds last_completion_ = 0;
  std::vector<metrics::Span> spans_;
  Femtoseconds span_begin_ = INT64_MAX;
  Femtoseconds span_end_ = INT64_MIN;
};

}  // namespace orrery::engine
