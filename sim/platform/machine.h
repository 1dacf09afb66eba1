// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.h"
#include "hardware/platform_config.h"
#include "memory/tier.h"
#include "platform/run.h"
#include "platform/sequencer.h"
#include "platform/stream_audit.h"

namespace orrery::platform {

// The SystemC hierarchy of one platform with the streams to run. Built from the description alone;
// everything lives in the SystemC context that is current when it is built.
class Machine {
 public:
  Machine(const hardware::PlatformConfig& platform, const std::vector<command::Source*>& streams,
          const RunOptions& options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // All commands of the streams have been sent and are done.
  [[nodiscard]] bool finished() const;
  // When the last command was done.
  [[nodiscard]] base::Femtoseconds last_completion() const;
  // Closes all accounts at `end`.
  void finish(base::Femtoseconds end);

  // No further commands are taken: the run ends when those sent are done.
  void stop();
  // Throws what reading a stream threw.
  void rethrow_error() const;
  // The newest layer that was sent, counted over all streams.
  [[nodiscard]] command::LayerIndex newest_layer() const;

  // By stream.
  [[nodiscard]] const std::vector<std::unique_ptr<Sequencer>>& sequencers() const {
    return sequencers_;
  }
  [[nodiscard]] const StreamAudit& audit() const { return audit_; }
  // In the order of the stream's indices.
  [[nodiscard]] const std::vector<std::unique_ptr<engine::Engine>>& engines() const {
    return engines_;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<memory::Tier>>& tiers() const { return tiers_; }
  // For the error when nothing moves any more: what each engine and stream waits for, one a line.
  [[nodiscard]] std::string describe_waits() const;

 private:
  void build_tiers(const hardware::PlatformConfig& platform, bool reverse);
  void build_engines(const hardware::PlatformConfig& platform, bool reverse);
  void build_sequencers(const hardware::PlatformConfig& platform,
                        const std::vector<command::Source*>& streams, bool reverse);

  StreamAudit audit_;
  std::vector<engine::Scoreboard> scoreboards_;  // by stream
  RendezvousBoard rendezvous_;
  std::unique_ptr<engine::DecisionPhase> decisions_;
  std::vector<std::unique_ptr<memory::Tier>> tiers_;
  std::vector<std::unique_ptr<engine::Engine>> engines_;
  std::vector<std::unique_ptr<Sequencer>> sequencers_;  // by stream
};

}  // namespace orrery::platform
