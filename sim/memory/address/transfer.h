// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace orrery::memory {

// `count` repetitions, `stride` bytes apart. count >= 1, stride >= 0.
struct Dimension {
  std::int64_t count = 1;
  std::int64_t stride = 0;
  bool operator==(const Dimension&) const = default;
};

// Bytes of one tier that are moved together: rows of row_bytes contiguous bytes, repeated by up to
// three outer dimensions, outer[0] innermost. Addresses count from the start of the tier.
struct Transfer {
  std::uint64_t address = 0;
  std::int64_t row_bytes = 0;
  std::array<Dimension, 3> outer{};
  bool is_write = false;
  std::uint32_t initiator =
      0;                    // dense index of the DMA engine: the unit of arbitration and credits
  std::uint32_t layer = 0;  // dense index under which the statistics are kept
};

// Payload in bytes, without what partial bursts add.
[[nodiscard]] std::int64_t total_bytes(const Transfer& transfer);

// One past the last byte touched.
[[nodiscard]] std::uint64_t end_address(const Transfer& transfer);

// The same bytes in the same order with the fewest dimensions: rows that touch become one row,
// dimensions that continue one another become one, dimensions of count 1 vanish.
[[nodiscard]] Transfer coalesced(const Transfer& transfer);

}  // namespace orrery::memory
