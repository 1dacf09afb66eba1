// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <systemc>
#include <vector>

#include "engine/engine.h"
#include "platform/stream_audit.h"

namespace orrery::platform {

// Takes the stream's commands in order and hands each to the queue of its engine, at most one every
// dispatch_cycles; a full queue stops the stream. A barrier waits until nothing is under way.
class Sequencer : public sc_core::sc_module, public engine::Waiter {
 public:
  Sequencer(const sc_core::sc_module_name& name, const base::ClockDomain& clock,
            std::int64_t dispatch_cycles, command::Source& stream, engine::Scoreboard& scoreboard,
            StreamAudit& audit);

  // In the order of the stream's engine indices.
  void connect(std::vector<engine::Engine*> engines) { engines_ = std::move(engines); }

  // No further commands are taken: the run ends when those sent are done.
  void stop() { stopped_ = true; }

  [[nodiscard]] bool finished() const { return exhausted_ && !pending_; }
  // Throws what reading the stream threw: the kernel would wrap it in an error of its own.
  void rethrow_error() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }
  [[nodiscard]] std::int64_t dispatched() const { return dispatched_; }
  [[nodiscard]] command::LayerIndex newest_layer() const { return newest_layer_; }

  // engine::Waiter
  void wake() override { wake_.notify(sc_core::SC_ZERO_TIME); }

 private:
  SC_HAS_PROCESS(Sequencer);
  void step();
  void dispatch();
  [[nodiscard]] bool fetch();
  [[nodiscard]] bool may_pass_barrier();

  base::ClockDomain clock_;
  std::int64_t dispatch_cycles_;
  command::Source& stream_;
  engine::Scoreboard& scoreboard_;
  StreamAudit& audit_;
  std::vector<engine::Engine*> engines_;
  sc_core::sc_event wake_;
  std::optional<command::Command> pending_;
  base::Cycle next_dispatch_ = 0;
  std::int64_t dispatched_ = 0;
  command::LayerIndex newest_layer_ = 0;
  bool exhausted_ = false;
  bool stopped_ = false;
  std::exception_ptr error_;
};

}  // namespace orrery::platform
