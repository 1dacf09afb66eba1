// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace orrery::requests {

// The banks of one channel as a place of keys and values, and one device's share of a model's
// attention. NeuPIMs: a row of every bank together is a tile; keys lie with tokens over the banks
// and the concatenated heads along a row, values with the dimensions of a head over the banks and
// tokens along a row.
struct PimAttentionShape {
  std::int64_t banks = 32;          // that compute together
  std::int64_t row_elements = 512;  // of one row of one bank
  std::int64_t heads = 1;           // of keys and values, on this device
  std::int64_t head_size = 128;
  std::int64_t layers = 1;

  [[nodiscard]] std::int64_t width() const { return heads * head_size; }
};

// Cycles of the two steps that attention in memory is made of.
struct PimAttentionCosts {
  std::int64_t vector_write = 100;  // a chunk of the vector into the channel's buffer
  std::int64_t tile = 184;          // opening a tile's rows, multiplying and closing them
};

// Timing of a channel, in its cycles, from which a tile's cycles follow.
struct PimTileTiming {
  std::int64_t activation_groups = 4;   // activations of a rank that open a tile, ranks in parallel
  std::int64_t activation_window = 30;  // from one of them to the next (tFAW)
  std::int64_t activate_to_compute = 14;  // tRCD
  std::int64_t columns = 32;              // that are multiplied one after the other
  std::int64_t column_interval = 2;
  std::int64_t precharge = 14;  // tRP
};

// (groups - 1) * window + tRCD + interval * (columns + 1) + tRP. With NeuPIMs' timing
// 3 * 30 + 14 + 2 * 33 + 14 = 184, the constant of its released code.
[[nodiscard]] std::int64_t tile_cycles(const PimTileTiming& timing);

// Tiles that a request of so many tokens takes in its channel, all layers: keys
// ceil(tokens / banks) * ceil(width / row_elements), values ceil(tokens / row_elements) *
// ceil(width / banks).
[[nodiscard]] std::int64_t tiles_of(const PimAttentionShape& shape, std::int64_t tokens);

// Cycles that attention over so many tokens keeps its channel, one layer (NeuPIMs, Algorithm 1):
// logits take ceil(width / row_elements) chunks of ceil(tokens / banks) tiles, values
// heads * ceil(tokens / row_elements) chunks of ceil(head_size / banks) tiles; a chunk costs a
// vector write, and each of its tiles the cycles of a tile.
[[nodiscard]] std::int64_t attention_cycles(const PimAttentionShape& shape,
                                            const PimAttentionCosts& costs, std::int64_t tokens);

}  // namespace orrery::requests
