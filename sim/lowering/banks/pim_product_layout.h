// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/integer.h"

namespace orrery::lowering {

// How a weight [k, n] lies in the rows of the banks of a memory: element (i, j) in bank j mod B of
// channel (j / B) mod C, at place i mod R of a row. A tile is one row of all banks of one channel:
// B outputs, up to R products of each. Rows of the first R products come first, tile after tile.
struct PimProductLayout {
  std::int64_t channels = 1;      // C
  std::int64_t banks = 1;         // B, of a channel
  std::int64_t row_elements = 1;  // R, of one bank
  std::int64_t k = 1;
  std::int64_t n = 1;

  struct Place {
    std::int64_t channel = 0;
    std::int64_t bank = 0;
    std::int64_t row = 0;      // of the weight
    std::int64_t element = 0;  // of the row
  };
  [[nodiscard]] Place place(std::int64_t i, std::int64_t j) const {
    return {j / banks % channels, j % banks, i / row_elements * tiles() + j / (banks * channels),
            i % row_elements};
  }

  // Outputs of one tile of every channel.
  [[nodiscard]] std::int64_t wave() const { return banks * channels; }
  // Of one channel, for each chunk of products.
  [[nodiscard]] std::int64_t tiles() const { return base::divide_up(n, wave()); }
  [[nodiscard]] std::int64_t chunks() const { return base::divide_up(k, row_elements); }
  // Of each bank.
  [[nodiscard]] std::int64_t rows() const { return tiles() * chunks(); }
  // Products of a chunk.
  [[nodiscard]] std::int64_t chunk_elements(std::int64_t chunk) const {
    return std::min(row_elements, k - chunk * row_elements);
  }
  // Outputs that a channel has in a tile: fewer, or none, in the last.
  [[nodiscard]] std::int64_t outputs(std::int64_t channel, std::int64_t tile) const {
    return std::clamp<std::int64_t>(n - tile * wave() - channel * banks, 0, banks);
  }
};

}  // namespace orrery::lowering
