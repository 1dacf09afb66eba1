// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "engine/engine.h"
#include "engine/tier_copy.h"
#include "hardware/dma_config.h"
#include "memory/tier.h"

namespace orrery::engine {

// Executes Move between a tier and the scratchpad, or from tier to tier through a buffer of its
// own, piece by piece. Bursts of several commands may be under way; docs/components/dma.md.
class Dma : public Engine, public memory::TransferListener {
 public:
  // `initiator` is this engine's place among the DMA engines, by which memories tell them apart.
  Dma(EngineContext context, const hardware::DmaConfig& config, std::uint32_t initiator,
      std::vector<memory::Tier*> tiers);

  // memory::TransferListener
  void transfer_done(std::uint64_t ticket) override;

 protected:
  [[nodiscard]] std::optional<Cycle> ready_cycle(Cycle now_cycle) const override;
  std::optional<Cycle> start(const command::Command& command, Ticket ticket, Cycle cycle) override;

 private:
  [[nodiscard]] memory::Transfer transfer(const command::Move& move,
                                          const command::Move::End& tier_end, bool is_write,
                                          command::LayerIndex layer) const;

  // A copy from tier to tier of which pieces are left to read or under way.
  struct Copy {
    Ticket ticket = 0;
    command::LayerIndex layer = 0;
    memory::Tier* source = nullptr;
    memory::Tier* destination = nullptr;
    TierCopy pieces;
    std::int64_t under_way = 0;
  };
  // A place of the copy buffer.
  struct Piece {
    Ticket copy = 0;
    memory::Transfer write;
    bool writing = false;
  };

  void fill_copy_buffer();
  void piece_done(std::size_t place);
  [[nodiscard]] Copy& copy(Ticket ticket);

  hardware::DmaConfig config_;
  std::uint32_t initiator_;
  std::vector<memory::Tier*> tiers_;
  std::deque<Copy> copies_;  // in the order of their starts
  std::vector<Piece> buffer_;
  std::vector<std::size_t> free_places_;
};

}  // namespace orrery::engine
