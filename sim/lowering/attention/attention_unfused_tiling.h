// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "lowering/attention/attention_problem.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {

// Row blocks, key tiles and buffers of unfused attention. Both products take the same row blocks;
// softmax takes some of a block's rows at a time, each over all keys that the block sees.
struct UnfusedTiling {
  std::int64_t heads = 1;          // of a row block
  std::int64_t tokens = 1;         // of a row block
  std::int64_t keys = 1;           // of a tile
  std::int64_t softmax_heads = 1;  // of a row block, at a time
  std::int64_t softmax_tokens = 1;
  std::int64_t lanes = 1;
  std::int64_t buffers = 1;
  std::int64_t kv_slots = 1;  // of key tiles, and later of value tiles

  // Of the three phases.
  std::int64_t array_cycles = 0;
  std::int64_t vector_cycles = 0;
  std::int64_t memory_cycles = 0;
  std::int64_t estimate = 0;

  [[nodiscard]] std::int64_t rows() const { return heads * tokens; }
  [[nodiscard]] std::int64_t softmax_rows() const { return softmax_heads * softmax_tokens; }
};

// Sizes of the buffers of one lane, in bytes; each phase has the lane's room for itself.
struct UnfusedBuffers {
  UnfusedBuffers(const AttentionProblem& problem, const UnfusedTiling& tiling);

  std::int64_t query;
  std::int64_t result;
  std::int64_t tile_row;  // of a tile of logits or weights
  std::int64_t tile;
  std::int64_t softmax_row;
  std::int64_t softmax;
  std::int64_t key;
  std::int64_t value;
  std::int64_t lane;  // the largest of the three phases
  std::int64_t sums_of_logits;
  std::int64_t sums_of_results;
  std::int64_t accumulators;
};

// The tiling of the least estimate; nullopt where not even one query and its logits fit.
[[nodiscard]] std::optional<UnfusedTiling> choose_unfused_tiling(const AttentionProblem& problem,
                                                                 const Machine& machine,
                                                                 std::int64_t scratchpad_bytes,
                                                                 int buffers);

}  // namespace orrery::lowering
