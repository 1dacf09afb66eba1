// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/engine_config.h"

namespace orrery::hardware {

// What a DMA engine carries when the lowering has a choice.
enum class DmaRole : std::uint8_t { kAny, kLoad, kStore };

// docs/components/dma.md
struct DmaConfig : EngineConfig {
  std::int64_t outstanding_bursts =
      64;                      // on each channel of a tier, requested and not yet answered
  std::int64_t transfers = 4;  // commands whose bursts may be under way together
  DmaRole role = DmaRole::kAny;
  // Copies from tier to tier go through a buffer of so many pieces of this size.
  base::Bytes copy_piece{4096};
  std::int64_t copy_pieces = 16;

  [[nodiscard]] static const config::Schema<DmaConfig>& schema();
};

}  // namespace orrery::hardware
