// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "lowering/attention/attention_problem.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {

// Row blocks, their parts and key tiles of one-pass attention. A row block is some query heads of
// one group times parts x tokens tokens: each tile of keys and values that is loaded serves all its
// parts, heads x tokens rows at a time.
struct OnePassTiling {
  std::int64_t heads = 1;
  std::int64_t tokens = 1;  // of a part
  std::int64_t parts = 1;   // of a row block
  std::int64_t keys = 1;    // of a tile
  std::int64_t lanes = 1;   // row blocks at work at a time, each on an array of its own
  std::int64_t buffers = 1;

  std::int64_t array_cycles = 0;
  std::int64_t vector_cycles = 0;
  std::int64_t memory_cycles = 0;
  std::int64_t estimate = 0;

  [[nodiscard]] std::int64_t rows() const { return heads * tokens; }
  // Buffers of parts: with one more than a row block has, the next one begins while this one ends.
  [[nodiscard]] std::int64_t part_slots() const { return parts + buffers - 1; }
};

// Sizes of the buffers of one lane, in bytes. None depends on the number of keys or queries.
struct OnePassBuffers {
  OnePassBuffers(const AttentionProblem& problem, const OnePassTiling& tiling);

  std::int64_t query;    // of a part
  std::int64_t state;    // maximum (or sum, or correction) of the rows of a part, fp32
  std::int64_t running;  // result so far of a part, fp32
  std::int64_t result;   // of a part
  std::int64_t weights;  // of a tile
  std::int64_t key;
  std::int64_t value;
  // From one part to the next: queries, two maxima, sum, correction, running result, result.
  std::int64_t part;
  std::int64_t lane;            // all of a lane, each aligned
  std::int64_t sums_of_logits;  // one slot in the accumulators
  std::int64_t sums_of_results;
  std::int64_t accumulators;  // all slots
};

// The tiling of the least estimate; nullopt where not even one query and one key fit.
[[nodiscard]] std::optional<OnePassTiling> choose_one_pass_tiling(const AttentionProblem& problem,
                                                                  const Machine& machine,
                                                                  std::int64_t scratchpad_bytes,
                                                                  int buffers);

}  // namespace orrery::lowering
