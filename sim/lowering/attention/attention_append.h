// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/generator.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/attention/pim_cache_append.h"

namespace orrery::lowering {

// Brings new keys and values into the caches, converted where types differ, some sequences, heads
// and tokens at a time: loads, conversions and stores, nothing on an array.
class AttentionAppend {
 public:
  // As many heads and tokens at a time as fit, and an eighth of the sequences, so that loads and
  // stores overlap; nullopt where not even one of each fits. Nothing is done
  // without caches.
  [[nodiscard]] static std::optional<AttentionAppend> plan(const AttentionProblem& problem,
                                                           std::int64_t scratchpad_bytes,
                                                           std::int64_t buffers);

  // Of all buffers.
  [[nodiscard]] std::int64_t scratchpad_bytes(const AttentionProblem& problem) const;
  [[nodiscard]] base::Generator<Step> steps(const AttentionProblem& problem, const Machine& machine,
                                            std::int64_t scratchpad_base, Emitter& emitter) const;
  // A line of a loop nest, "" where there is nothing to do.
  [[nodiscard]] static std::string loop_nest(const AttentionProblem& problem);

 private:
  [[nodiscard]] std::int64_t slot_bytes(const AttentionProblem& problem) const;
  struct Block {
    std::int64_t sequence = 0, sequences = 1;
    std::int64_t head = 0, heads = 1;
    std::int64_t token = 0, tokens = 1;

    [[nodiscard]] std::int64_t rows_of_sequence() const { return heads * tokens; }
    [[nodiscard]] std::int64_t rows() const { return sequences * rows_of_sequence(); }
  };
  [[nodiscard]] std::vector<Block> blocks(const AttentionProblem& problem) const;
  static void store(const AttentionProblem& problem, const AttentionOperand& to, const Block& block,
                    std::int64_t buffer, Emitter& emitter);

  std::int64_t sequences_ = 1;
  std::int64_t heads_ = 1;
  std::int64_t tokens_ = 1;
  std::int64_t buffers_ = 1;
  std::optional<PimCacheAppend> banks_;  // instead of all else
};

// A form of attention with the tiling that `choose` gives for the first budget in which it and the
// appending fit. Null where there is none; nothing is reported.
template <class Form, class Choose>
[[nodiscard]] std::unique_ptr<Layer> plan_attention_form(const LayerRequest& request,
                                                         const AttentionProblem& problem,
                                                         const Choose& choose) {
  for (const LayerRequest::Budget& budget : request.budgets()) {
    const auto tiling = choose(problem, request.machine, budget.bytes, budget.buffers);
    const auto append = AttentionAppend::plan(problem, budget.bytes, budget.buffers);
    if (tiling && append) {
      return std::make_unique<Form>(request, problem, *tiling, *append);
    }
  }
  return nullptr;
}

}  // namespace orrery::lowering
