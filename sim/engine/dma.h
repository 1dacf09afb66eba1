// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "engine/engine.h"
#include "hardware/dma_config.h"
#include "memory/tier.h"

namespace orrery::engine {

// Executes Move between a tier and the scratchpad, or from tier to tier (read whole, then written).
// Bursts of several commands may be under way; docs/components/dma.md.
class Dma : public Engine, public memory::TransferListener {
 public:
  // `initiator` is this engine's place among the DMA engines, by which memories tell them apart.
  Dma(EngineContext context, const hardware::DmaConfig& config, std::uint32_t initiator,
      std::vector<memory::Tier*> tiers);

  // memory::TransferListener
  void transfer_done(std::uint64_t ticket) override;

 protected:
  [[nodiscard]] std::optional<Cycle> ready_cycle(Cycle now_cycle) const override;
  std::optional<Cycle> start(const command::Command& command, Cycle cycle) override;

 private:
  [[nodiscard]] memory::Transfer transfer(const command::Move& move,
                                          const command::Move::End& tier_end, bool is_write,
                                          command::LayerIndex layer) const;

  hardware::DmaConfig config_;
  std::uint32_t initiator_;
  std::vector<memory::Tier*> tiers_;
  // Tier-to-tier copies whose data has still to be written, by command.
  std::map<command::CommandId, std::pair<memory::Tier*, memory::Transfer>> to_write_;
};

}  // namespace orrery::engine
