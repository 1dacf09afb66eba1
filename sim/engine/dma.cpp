// SPDX-License-Identifier: Apache-2.0
#include "engine/dma.h"

namespace orrery::engine {

using command::Move;
using command::SpaceKind;

Dma::Dma(EngineContext context, const hardware::DmaConfig& config, std::uint32_t initiator,
         std::vector<memory::Tier*> tiers)
    : Engine(std::move(context)),
      config_(config),
      initiator_(initiator),
      tiers_(std::move(tiers)) {}

std::optional<Cycle> Dma::ready_cycle(Cycle now_cycle) const {
  if (under_way() >= static_cast<std::size_t>(config_.transfers)) {
    return std::nullopt;
  }
  return now_cycle;
}

memory::Transfer Dma::transfer(const Move& move, const Move::End& tier_end, bool is_write,
                               command::LayerIndex layer) const {
  memory::Transfer result;
  result.address = static_cast<std::uint64_t>(tier_end.address);
  result.row_bytes = move.row_bytes;
  for (std::size_t i = 0; i < move.count.size(); ++i) {
    // A command's outermost dimension comes first, a transfer's last.
    result.outer[move.count.size() - 1 - i] = {move.count[i], tier_end.stride[i]};
  }
  result.is_write = is_write;
  result.initiator = initiator_;
  result.layer = layer;
  return result;
}

std::optional<Cycle> Dma::start(const command::Command& command, Cycle /*cycle*/) {
  const auto& move = std::get<Move>(command.body);
  const bool from_tier = move.source.space.kind == SpaceKind::kTier;
  const bool to_tier = move.destination.space.kind == SpaceKind::kTier;
  base::require_invariant(from_tier || to_tier, "a move touches a memory tier", context().name);
  metrics::EngineLayerAccount& account = layer_account(command.layer);
  account.bytes_read += move.bytes();
  account.bytes_written += move.bytes();
  account.actions["fabric.byte"] += move.bytes() * (from_tier && to_tier ? 2 : 1);
  if (!from_tier) {
    account.actions["scratchpad.read_byte"] += move.bytes();
  }
  if (!to_tier) {
    account.actions["scratchpad.write_byte"] += move.bytes();
  }
  memory::Tier* destination = to_tier ? tiers_[move.destination.space.index] : nullptr;
  if (from_tier) {
    if (to_tier) {
      to_write_[command.id] = {destination, transfer(move, move.destination, true, command.layer)};
    }
    tiers_[move.source.space.index]->submit(transfer(move, move.source, false, command.layer),
                                            command.id, *this);
  } else {
    destination->submit(transfer(move, move.destination, true, command.layer), command.id, *this);
  }
  return std::nullopt;
}

void Dma::transfer_done(std::uint64_t ticket) {
  const auto found = to_write_.find(ticket);
  if (found == to_write_.end()) {
    finish_command(ticket);
    return;
  }
  const auto [tier, to_write] = found->second;
  to_write_.erase(found);
  tier->submit(to_write, ticket, *this);
}

}  // namespace orrery::engine
