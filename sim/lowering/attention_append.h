// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/generator.h"
#include "lowering/attention_problem.h"

namespace orrery::lowering {

// Brings new keys and values into the caches, converted where types differ, some heads and tokens
// at a time: loads, conversions and stores, nothing on an array.
class AttentionAppend {
 public:
  // As many heads and tokens at a time as fit; nullopt where not even one does. Nothing is done
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

  std::int64_t heads_ = 1;
  std::int64_t tokens_ = 1;
  std::int64_t buffers_ = 1;
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
