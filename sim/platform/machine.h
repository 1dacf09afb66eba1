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

// The SystemC hierarchy of one platform with one stream to run. Built from the description alone;
// everything lives in the SystemC context that is current when it is built.
class Machine {
 public:
  Machine(const hardware::PlatformConfig& platform, command::Source& stream,
          const RunOptions& options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // All commands of the stream have been sent and are done.
  [[nodiscard]] bool finished() const;
  // When the last command was done.
  [[nodiscard]] base::Femtoseconds last_completion() const;
  // Closes all accounts at `end`.
  void finish(base::Femtoseconds end);

  [[nodiscard]] Sequencer& sequencer() { return *sequencer_; }
  [[nodiscard]] const StreamAudit& audit() const { return audit_; }
  [[nodiscard]] const engine::Scoreboard& scoreboard() const { return scoreboard_; }
  // In the order of the stream's indices.
  [[nodiscard]] const std::vector<std::unique_ptr<engine::Engine>>& engines() const {
    return engines_;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<memory::Tier>>& tiers() const { return tiers_; }
  // For the error when nothing moves any more: what each engine waits for, one a line.
  [[nodiscard]] std::string describe_waits() const;

 private:
  void build_tiers(const hardware::PlatformConfig& platform, bool reverse);
  void build_engines(const hardware::PlatformConfig& platform, bool reverse);

  StreamAudit audit_;
  engine::Scoreboard scoreboard_;
  std::vector<std::unique_ptr<memory::Tier>> tiers_;
  std::vector<std::unique_ptr<engine::Engine>> engines_;
  std::unique_ptr<Sequencer> sequencer_;
};

}  // namespace orrery::platform
