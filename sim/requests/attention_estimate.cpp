// SPDX-License-Identifier: Apache-2.0
#include "requests/attention_estimate.h"

#include "base/integer.h"

namespace orrery::requests {

using base::divide_up;

std::int64_t tile_cycles(const PimTileTiming& timing) {
  return (timing.activation_groups - 1) * timing.activation_window + timing.activate_to_compute +
         timing.column_interval * (timing.columns + 1) + timing.precharge;
}

std::int64_t tiles_of(const PimAttentionShape& shape, std::int64_t tokens) {
  const std::int64_t keys =
      divide_up(tokens, shape.banks) * divide_up(shape.width(), shape.row_elements);
  const std::int64_t values =
      divide_up(tokens, shape.row_elements) * divide_up(shape.width(), shape.banks);
  return shape.layers * (keys + values);
}

std::int64_t attention_cycles(const PimAttentionShape& shape, const PimAttentionCosts& costs,
                              std::int64_t tokens) {
  const auto chunks_of_tiles = [&](std::int64_t chunks, std::int64_t tiles) {
    return chunks * (costs.vector_write + tiles * costs.tile);
  };
  return chunks_of_tiles(divide_up(shape.width(), shape.row_elements),
                         divide_up(tokens, shape.banks)) +
         chunks_of_tiles(shape.heads * divide_up(tokens, shape.row_elements),
                         divide_up(shape.head_size, shape.banks));
}

}  // namespace orrery::requests
