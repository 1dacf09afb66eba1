// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "lowering/attention/attention_problem.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {

// Row blocks, key tiles and buffers. A row block is some query heads of one group times some
// tokens; its logits over all visible keys stay in the scratchpad.
struct AttentionTiling {
  std::int64_t heads = 1;         // of a row block
  std::int64_t tokens = 1;        // of a row block
  std::int64_t keys = 1;          // of a tile
  std::int64_t lanes = 1;         // row blocks at work at a time, each on an array of its own
  std::int64_t buffers = 1;       // of queries, results and sums
  std::int64_t kv_slots = 1;      // of key tiles, and as many of value tiles
  std::int64_t logits_slots = 1;  // 2: the next block's logits while this one waits for softmax

  std::int64_t array_cycles = 0;
  std::int64_t vector_cycles = 0;
  std::int64_t memory_cycles = 0;
  std::int64_t estimate = 0;

  [[nodiscard]] std::int64_t rows() const { return heads * tokens; }
};

// Sizes of the buffers of one lane, in bytes.
struct AttentionBuffers {
  AttentionBuffers(const AttentionProblem& problem, const AttentionTiling& tiling);

  std::int64_t query;
  std::int64_t key;
  std::int64_t value;
  std::int64_t logits_row;
  std::int64_t logits;
  std::int64_t result;
  std::int64_t lane;            // all of a lane, each aligned
  std::int64_t sums_of_logits;  // one slot in the accumulators
  std::int64_t sums_of_results;
  std::int64_t accumulators;  // all slots
};

// The tiling of the least estimate; nullopt where not even one query and one key fit.
[[nodiscard]] std::optional<AttentionTiling> choose_attention_tiling(
    const AttentionProblem& problem, const Machine& machine, std::int64_t scratchpad_bytes,
    int buffers);

}  // namespace orrery::lowering
