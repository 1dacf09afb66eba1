// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "lowering/layer/emitter.h"

namespace orrery::lowering {

// Bytes of the scratchpad that go to one place of a tensor, or come from it.
struct ScatteredPiece {
  std::int64_t tensor_offset = 0;  // from the tensor's first byte
  std::int64_t buffer = 0;
  std::int64_t bytes = 0;
};

// As few moves as pieces that follow each other evenly, in their order, can be put into.
[[nodiscard]] std::vector<TensorMove> moves_of(workload::TensorId tensor,
                                               const std::vector<ScatteredPiece>& pieces);

// Adds the pieces of `bytes` bytes of a row, from a byte on, that lie together in the tier.
void add_row_pieces(const command::PimMemory& memory, std::int64_t row_offset, std::int64_t byte,
                    std::int64_t bytes, std::int64_t buffer, std::vector<ScatteredPiece>& pieces);

}  // namespace orrery::lowering
