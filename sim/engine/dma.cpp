// SPDX-License-Identifier: Apache-2.0
#include "engine/dma.h"

#include <algorithm>

namespace orrery::engine {

using command::Move;
using command::SpaceKind;

Dma::Dma(EngineContext context, const hardware::DmaConfig& config, std::uint32_t initiator,
         std::vector<memory::Tier*> tiers)
    : Engine(std::move(context)),
      config_(config),
      initiator_(initiator),
      tiers_(std::move(tiers)),
      buffer_(static_cast<std::size_t>(config.copy_pieces)) {
  for (std::size_t place = buffer_.size(); place > 0; --place) {
    free_places_.push_back(place - 1);
  }
}

namespace {

// Marks the tickets of pieces; those of whole transfers are the commands'.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 63;

}  // namespace

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

std::optional<Cycle> Dma::start(const command::Command& command, Ticket ticket, Cycle /*cycle*/) {
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
  memory::Tier* source = from_tier ? tiers_[move.source.space.index] : nullptr;
  memory::Tier* destination = to_tier ? tiers_[move.destination.space.index] : nullptr;
  if (from_tier && to_tier) {
    copies_.push_back(
        {ticket, command.layer, source, destination, TierCopy(move, config_.copy_piece.value), 0});
    fill_copy_buffer();
  } else if (from_tier) {
    source->submit(transfer(move, move.source, false, command.layer), ticket, *this);
  } else {
    destination->submit(transfer(move, move.destination, true, command.layer), ticket, *this);
  }
  return std::nullopt;
}

void Dma::transfer_done(std::uint64_t ticket) {
  if ((ticket & kPiece) != 0) {
    piece_done(static_cast<std::size_t>(ticket & ~kPiece));
  } else {
    finish_command(ticket);
  }
}

Dma::Copy& Dma::copy(Ticket ticket) {
  return *std::find_if(copies_.begin(), copies_.end(),
                       [ticket](const Copy& candidate) { return candidate.ticket == ticket; });
}

// Places go to the oldest copy that has something left to read.
void Dma::fill_copy_buffer() {
  for (Copy& reading : copies_) {
    while (!reading.pieces.done() && !free_places_.empty()) {
      const std::size_t place = free_places_.back();
      free_places_.pop_back();
      TierCopy::Piece piece = reading.pieces.next();
      for (memory::Transfer* side : {&piece.read, &piece.write}) {
        side->initiator = initiator_;
        side->layer = reading.layer;
      }
      buffer_[place] = {reading.ticket, piece.write, false};
      ++reading.under_way;
      reading.source->submit(piece.read, kPiece | place, *this);
    }
  }
}

void Dma::piece_done(std::size_t place) {
  Piece& piece = buffer_[place];
  Copy& owner = copy(piece.copy);
  if (!piece.writing) {
    piece.writing = true;
    owner.destination->submit(piece.write, kPiece | place, *this);
    return;
  }
  free_places_.push_back(place);
  if (--owner.under_way == 0 && owner.pieces.done()) {
    const Ticket ticket = owner.ticket;
    std::erase_if(copies_, [ticket](const Copy& candidate) { return candidate.ticket == ticket; });
    finish_command(ticket);
  }
  fill_copy_buffer();
}

}  // namespace orrery::engine
