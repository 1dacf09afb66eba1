// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lowering/attention/attention_append.h"
#include "lowering/attention/attention_problem.h"
#include "lowering/attention/attention_row_tiling.h"
#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Attention whose logits stay in the scratchpad, a whole row at a time: the new keys and values are
// appended to the caches, then row blocks of queries are taken through logits, softmax and weighted
// sum, several at a time on several arrays.
class RowTiledAttention : public Layer {
 public:
  RowTiledAttention(const LayerRequest& request, const AttentionProblem& problem,
                    const AttentionTiling& tiling, const AttentionAppend& append);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  [[nodiscard]] bool is_shared() const override { return true; }
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] config::Node chosen() const override {
    return problem_.chosen(AttentionForm::kRowTiled);
  }
  [[nodiscard]] std::string loop_nest() const override;
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override {
    return tiling_.estimate;
  }

 private:
  class Lane;  // the row blocks of one array
  friend class Lane;

  [[nodiscard]] base::Generator<Step> lane_steps(Emitter& emitter, std::int64_t lane) const;
  // Those of the partition that the emitter is at.
  [[nodiscard]] AttentionBlocks blocks(const Emitter& emitter) const {
    return {tiling_.heads, tiling_.tokens, tiling_.lanes, emitter.partition(), emitter.workers()};
  }

  const Machine& machine_;
  AttentionProblem problem_;
  AttentionTiling tiling_;
  AttentionBuffers buffers_;
  AttentionAppend append_;
  std::int64_t base_ = 0;
};

// Null where not even one query, its logits and one key fit; nothing is reported.
[[nodiscard]] std::unique_ptr<Layer> plan_row_tiled(const LayerRequest& request,
                                                    const AttentionProblem& problem);

}  // namespace orrery::lowering
