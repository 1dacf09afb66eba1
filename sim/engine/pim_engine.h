// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/engine.h"
#include "hardware/pim_config.h"
#include "memory/pim_port.h"

namespace orrery::engine {

// A memory with processing in memory as an engine sees it.
struct PimTarget {
  memory::PimPort* port = nullptr;
  std::vector<int> commands;  // of its spec, as PimMemory::commands lists them
  command::PimMemory memory;
};

// Sends PimProgram to the channels of a memory, in order, several of them under way;
// docs/components/pim_engine.md.
class PimEngine : public Engine, public memory::TransferListener {
 public:
  // `initiator` is this engine's place among those that ask memories; targets in the order of
  // StreamHeader::pim_memories. peak_macs: at most, a cycle of this engine's clock.
  PimEngine(EngineContext context, const hardware::PimConfig& config, std::uint32_t initiator,
            std::vector<PimTarget> targets, std::int64_t peak_macs);

  // memory::TransferListener
  void transfer_done(std::uint64_t ticket) override { finish_command(ticket); }

  [[nodiscard]] std::int64_t peak_macs() const override { return peak_macs_; }

 protected:
  [[nodiscard]] std::optional<Cycle> ready_cycle(Cycle now_cycle) const override;
  std::optional<Cycle> start(const command::Command& command, Ticket ticket, Cycle cycle) override;

 private:
  hardware::PimConfig config_;
  std::uint32_t initiator_;
  std::vector<PimTarget> targets_;
  std::int64_t peak_macs_;
};

}  // namespace orrery::engine
