// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/generator.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/banks/pim_attention_plan.h"
#include "lowering/layer/scattered_rows.h"

namespace orrery::lowering {

// Brings the keys and values of a prefill into caches in rows of banks, where a decode step in
// these banks expects them (docs/pim_lowering.md): keys as they are, values of whole blocks turned
// by a vector unit so that tokens lie along a row, the rest to where values wait.
class PimCacheAppend {
 public:
  // Some heads and tokens at a time, so that so many buffers fit; nullopt where the smallest do
  // not.
  [[nodiscard]] static std::optional<PimCacheAppend> plan(const AttentionProblem& problem,
                                                          std::int64_t scratchpad_bytes,
                                                          std::int64_t buffers);
  // Of one buffer with the least that goes at a time: a key, a block of a head's values.
  [[nodiscard]] static std::int64_t smallest(const AttentionProblem& problem);

  // Of all buffers.
  [[nodiscard]] std::int64_t scratchpad_bytes(const AttentionProblem& problem) const {
    return buffers_ * slot_bytes(problem);
  }
  [[nodiscard]] base::Generator<Step> steps(const AttentionProblem& problem, const Machine& machine,
                                            std::int64_t scratchpad_base, Emitter& emitter) const;
  [[nodiscard]] static std::string loop_nest(const AttentionProblem& problem);

 private:
  enum class Kind : std::uint8_t { kKeys, kBlocks, kStaged };
  // Heads and tokens of one request that go together.
  struct Part {
    Kind kind = Kind::kKeys;
    std::int64_t request = 0;
    std::int64_t head = 0, heads = 1;
    std::int64_t token = 0, tokens = 1;
  };
  [[nodiscard]] std::int64_t key_bytes(const AttentionProblem& problem) const;
  [[nodiscard]] std::int64_t value_bytes(const AttentionProblem& problem) const;
  [[nodiscard]] std::int64_t key_slot(const AttentionProblem& problem) const;
  [[nodiscard]] std::int64_t value_slot(const AttentionProblem& problem) const;
  [[nodiscard]] std::int64_t slot_bytes(const AttentionProblem& problem) const;
  [[nodiscard]] std::vector<Part> parts(const AttentionProblem& problem) const;
  // Where the elements of a part go, from a buffer in which tokens follow each other (of blocks:
  // dimensions).
  [[nodiscard]] static std::vector<ScatteredPiece> key_pieces(const PimAttentionPlan& plan,
                                                              const Part& part,
                                                              std::int64_t buffer);
  [[nodiscard]] static std::vector<ScatteredPiece> block_pieces(const PimAttentionPlan& plan,
                                                                const Part& part,
                                                                std::int64_t buffer);
  [[nodiscard]] static std::vector<ScatteredPiece> staged_pieces(const PimAttentionPlan& plan,
                                                                 const Part& part,
                                                                 std::int64_t buffer);

  std::int64_t key_heads_ = 1, key_tokens_ = 1;
  std::int64_t value_heads_ = 1, value_tokens_ = 1;
  std::int64_t buffers_ = 1;
};

}  // namespace orrery::lowering
