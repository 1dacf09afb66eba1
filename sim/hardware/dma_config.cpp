// SPDX-License-Identifier: Apache-2.0
#include "hardware/dma_config.h"

namespace orrery::hardware {

const config::Schema<DmaConfig>& DmaConfig::schema() {
  using Self = DmaConfig;
  static const config::EnumTable<DmaRole> kRoles{
      {"any", DmaRole::kAny}, {"load", DmaRole::kLoad}, {"store", DmaRole::kStore}};
  static const config::Schema<Self> kSchema =
      engine_schema<Self>("dma", "Moves data between the memory tiers and the scratchpad.")
          .optional("outstanding_bursts", &Self::outstanding_bursts, config::integer(1, 65536),
                    "Bursts under way on each memory channel: requested and not yet answered. "
                    "Bandwidth is at most this times the burst over the round trip.")
          .optional("transfers", &Self::transfers, config::integer(1, 1024),
                    "Commands whose bursts may be under way together.")
          .optional("role", &Self::role, config::choice(kRoles),
                    "What it carries: loads from memory, stores to memory, or both.")
          .optional("copy_piece", &Self::copy_piece, config::bytes(64, 1LL << 30),
                    "Copies from tier to tier are read and written in pieces of this size.")
          .optional("copy_pieces", &Self::copy_pieces, config::integer(1, 65536),
                    "Pieces that the engine's copy buffer holds.");
  return kSchema;
}

}  // namespace orrery::hardware
