// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <systemc>
#include <vector>

#include "engine/engine.h"
#include "platform/rendezvous_board.h"
#include "platform/stream_audit.h"

namespace orrery::platform {

// A stream of the run as its sequencer sees it.
struct StreamContext {
  engine::StreamIndex index = 0;
  command::LayerIndex first_layer = 0;  // of the run's, that is this stream's layer 0
  command::Source& source;
  engine::Scoreboard& scoreboard;
  RendezvousBoard& rendezvous;
};

// Takes a stream's commands in order and hands each to the stream's queue at its engine, at most
// one every dispatch_cycles; a full queue stops the stream. A barrier waits until nothing of the
// stream is under way, a rendezvous until that holds for all streams that meet there. Where layers
// are kernels (launch_cycles > 0), each begins as if behind a barrier, and so many cycles later.
class Sequencer : public sc_core::sc_module, public engine::Waiter {
 public:
  Sequencer(const sc_core::sc_module_name& name, const base::ClockDomain& clock,
            std::int64_t dispatch_cycles, base::Cycle launch_cycles, const StreamContext& stream,
            StreamAudit& audit);

  // In the order of the stream's engine indices.
  void connect(std::vector<engine::Engine*> engines) { engines_ = std::move(engines); }

  // No further commands are taken: the run ends when those sent are done.
  void stop() { stopped_ = true; }

  // All commands of the stream have been sent.
  [[nodiscard]] bool exhausted() const { return exhausted_ && !pending_; }
  // And are done.
  [[nodiscard]] bool finished() const { return exhausted() && drained(); }
  // Throws what reading the stream threw: the kernel would wrap it in an error of its own.
  void rethrow_error() const {
    if (error_) {
      std::rethrow_exception(error_);
    }
  }
  [[nodiscard]] std::int64_t dispatched() const { return dispatched_; }
  // Of the stream's layers.
  [[nodiscard]] command::LayerIndex newest_layer() const { return newest_layer_; }
  // When its first command arrived at its engine; -1: none did.
  [[nodiscard]] base::Femtoseconds first_arrival() const { return first_arrival_; }
  // Time spent at rendezvous with nothing under way.
  [[nodiscard]] base::Femtoseconds rendezvous_wait() const { return rendezvous_wait_; }
  // The rendezvous at which the stream stands, if any.
  [[nodiscard]] std::optional<std::uint64_t> waits_at() const;

  // engine::Waiter
  void wake() override { wake_.notify(sc_core::SC_ZERO_TIME); }

 private:
  SC_HAS_PROCESS(Sequencer);
  void step();
  void dispatch();
  [[nodiscard]] bool fetch();
  [[nodiscard]] bool drained() const {
    return stream_.scoreboard.count() == static_cast<std::uint64_t>(dispatched_);
  }
  [[nodiscard]] bool may_pass_barrier();
  [[nodiscard]] bool launched(command::LayerIndex layer);
  [[nodiscard]] bool may_pass(const command::Rendezvous& rendezvous);
  [[nodiscard]] bool execute(const command::Command& command);

  base::ClockDomain clock_;
  std::int64_t dispatch_cycles_;
  base::Cycle launch_cycles_;
  StreamContext stream_;
  StreamAudit& audit_;
  std::vector<engine::Engine*> engines_;
  sc_core::sc_event wake_;
  std::optional<command::Command> pending_;
  base::Cycle next_dispatch_ = 0;
  std::int64_t dispatched_ = 0;
  command::LayerIndex newest_layer_ = 0;
  command::LayerIndex layers_launched_ = 0;
  base::Femtoseconds first_arrival_ = -1;
  base::Femtoseconds waits_since_ = -1;  // at a rendezvous; -1: does not
  base::Femtoseconds rendezvous_wait_ = 0;
  bool exhausted_ = false;
  bool stopped_ = false;
  std::exception_ptr error_;
};

}  // namespace orrery::platform
