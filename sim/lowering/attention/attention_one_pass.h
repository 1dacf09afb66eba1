// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "lowering/attention/attention_append.h"
#include "lowering/attention/attention_one_pass_tiling.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Attention in one pass over the keys (2.2 of FuseMax, arXiv 2406.10491; FlashAttention): of each
// row only its maximum, its sum and its result so far are kept, and rescaled whenever a tile of
// keys raises the maximum. What it needs on the chip does not depend on the number of keys.
class OnePassAttention : public Layer {
 public:
  OnePassAttention(const LayerRequest& request, const AttentionProblem& problem,
                   const OnePassTiling& tiling, const AttentionAppend& append);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  [[nodiscard]] bool is_shared() const override { return true; }
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] config::Node chosen() const override {
    return problem_.chosen(AttentionForm::kOnePass);
  }
  [[nodiscard]] std::string loop_nest() const override;
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    return tiling_.estimate;
  }

  // Of all lanes.
  [[nodiscard]] std::int64_t scratchpad_bytes() const { return tiling_.lanes * buffers_.lane; }

 private:
  class Lane;  // the row blocks of one array
  friend class Lane;

  [[nodiscard]] base::Generator<Step> lane_steps(Emitter& emitter, std::int64_t lane) const;
  // Those of the partition that the emitter is at.
  [[nodiscard]] AttentionBlocks blocks(const Emitter& emitter) const {
    return {tiling_.heads, tiling_.tokens * tiling_.parts, tiling_.lanes, emitter.partition(),
            emitter.workers()};
  }

  const Machine& machine_;
  AttentionProblem problem_;
  OnePassTiling tiling_;
  OnePassBuffers buffers_;
  AttentionAppend append_;
  std::int64_t base_ = 0;
};

// Null where not even one query and one key fit; nothing is reported.
[[nodiscard]] std::unique_ptr<Layer> plan_one_pass(const LayerRequest& request,
                                                   const AttentionProblem& problem);

}  // namespace orrery::lowering
