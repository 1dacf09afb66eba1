// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "lowering/attention/attention_append.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/attention/attention_unfused_tiling.h"
#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Attention as three operators one after the other: the logits of all heads go to memory, softmax
// takes them from there and writes the weights in their place, the weighted sums read them again.
class UnfusedAttention : public Layer {
 public:
  UnfusedAttention(const LayerRequest& request, const AttentionProblem& problem,
                   const UnfusedTiling& tiling, const AttentionAppend& append);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  [[nodiscard]] bool is_shared() const override { return true; }
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] config::Node chosen() const override {
    return problem_.chosen(AttentionForm::kUnfused);
  }
  [[nodiscard]] std::string loop_nest() const override;
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    return tiling_.estimate;
  }

 private:
  class Lane;  // the row blocks of one array
  friend class Lane;

  [[nodiscard]] base::Generator<Step> logits(Emitter& emitter, std::int64_t lane) const;
  [[nodiscard]] base::Generator<Step> softmax(Emitter& emitter, std::int64_t lane) const;
  [[nodiscard]] base::Generator<Step> values(Emitter& emitter, std::int64_t lane) const;
  // Those of the partition that the emitter is at.
  [[nodiscard]] AttentionBlocks blocks(const Emitter& emitter) const {
    return {tiling_.heads, tiling_.tokens, tiling_.lanes, emitter.partition(), emitter.workers()};
  }

  const Machine& machine_;
  AttentionProblem problem_;
  UnfusedTiling tiling_;
  UnfusedBuffers buffers_;
  AttentionAppend append_;
  AttentionOperand logits_;  // [B, heads, T, keys] in memory, rows over all keys
  std::int64_t base_ = 0;
};

// Null where not even one query and its logits fit; nothing is reported.
[[nodiscard]] std::unique_ptr<Layer> plan_unfused(const LayerRequest& request,
                                                  const AttentionProblem& problem);

}  // namespace orrery::lowering
