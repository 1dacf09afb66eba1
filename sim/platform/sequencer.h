// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <systemc>
#include <vector>

#include "engine/engine.h"
#include "platform/dispatcher.h"
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

// How commands reach the engines.
struct DispatchConfig {
  base::ClockDomain clock;
  base::Cycle dispatch_cycles = 1;
  base::Cycle launch_cycles = 0;  // before each layer; 0: none is launched
  std::size_t lookahead = 1;      // commands of a partition that are read before they are sent
  std::vector<std::int64_t> partition;  // of each engine
  std::int64_t partitions = 1;
};

// Takes a stream's commands in order and gives each to the dispatcher of its engine's partition,
// which hands it to the stream's queue at the engine. Where a dispatcher has no place, the stream
// is not read on. A barrier waits until nothing of the stream is under way, a rendezvous until that
// holds for all streams that meet there. Where layers are kernels (launch_cycles > 0), each begins
// as if behind a barrier, and so many cycles later.
class Sequencer : public sc_core::sc_module, public engine::Waiter {
 public:
  Sequencer(const sc_core::sc_module_name& name, const DispatchConfig& config,
            const StreamContext& stream, StreamAudit& audit);

  // In the order of the stream's engine indices.
  void connect(std::vector<engine::Engine*> engines) { engines_ = std::move(engines); }

  // No further commands are taken: the run ends when those sent are done.
  void stop() { stopped_ = true; }

  // All commands of the stream have been sent.
  [[nodiscard]] bool exhausted() const { return exhausted_ && !pending_ && dispatched_ == read_; }
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
  [[nodiscard]] bool read(base::Cycle cycle);
  [[nodiscard]] bool fetch();
  [[nodiscard]] bool send(base::Cycle cycle);
  [[nodiscard]] bool drained() const {
    return stream_.scoreboard.count() == static_cast<std::uint64_t>(read_);
  }
  [[nodiscard]] bool may_pass_barrier();
  [[nodiscard]] bool launched(command::LayerIndex layer, base::Cycle cycle);
  [[nodiscard]] bool may_pass(const command::Rendezvous& rendezvous);
  [[nodiscard]] bool execute(const command::Command& command);

  DispatchConfig config_;
  StreamContext stream_;
  StreamAudit& audit_;
  std::vector<engine::Engine*> engines_;
  sc_core::sc_event wake_;
  std::vector<std::unique_ptr<Dispatcher>> dispatchers_;  // by partition
  std::vector<Dispatcher*> ready_;
  std::optional<command::Command> pending_;  // the next of the stream
  base::Cycle earliest_ = 0;                 // in which a command can be sent: layers are launched
  std::int64_t read_ = 0;                    // commands that were given to dispatchers
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
