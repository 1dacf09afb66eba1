// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "lowering/attention_tiling.h"
#include "lowering/layer.h"
#include "lowering/slot_ring.h"

namespace orrery::lowering {

// Attention in two phases: the new keys and values are appended to the caches, then row blocks of
// queries are taken through logits, softmax and weighted sum, several at a time on several arrays.
class AttentionLayer : public Layer {
 public:
  AttentionLayer(const LayerRequest& request, const AttentionProblem& problem,
                 const AttentionTiling& tiling, std::int64_t append_heads,
                 std::int64_t append_tokens);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] std::string loop_nest() const override;

  // Scratchpad of the append phase for blocks of that size, two blocks where they are double.
  [[nodiscard]] static std::int64_t append_bytes(const AttentionProblem& problem,
                                                 std::int64_t heads, std::int64_t tokens,
                                                 std::int64_t buffers);

 private:
  struct RowBlock {
    std::int64_t sequence = 0;
    std::int64_t kv_head = 0;
    std::int64_t first_head = 0;  // within the group
    std::int64_t heads = 1;
    std::int64_t first_token = 0;
    std::int64_t tokens = 1;
    std::int64_t keys = 1;  // visible to any of its rows
    [[nodiscard]] std::int64_t rows() const { return heads * tokens; }
  };
  class Lane;  // the row blocks of one array
  friend class Lane;

  [[nodiscard]] base::Generator<Step> append(Emitter& emitter) const;
  [[nodiscard]] base::Generator<Step> lane_steps(Emitter& emitter, std::int64_t lane) const;
  [[nodiscard]] std::int64_t blocks_of_head() const;
  // Row block number `i` of a lane, nullopt where it has no more.
  [[nodiscard]] std::optional<RowBlock> row_block(std::int64_t lane, std::int64_t i) const;

  const Machine& machine_;
  AttentionProblem problem_;
  AttentionTiling tiling_;
  AttentionBuffers buffers_;
  workload::TensorId query_, new_key_, new_value_, key_, value_, output_;
  std::int64_t append_heads_;
  std::int64_t append_tokens_;
  std::int64_t base_ = 0;
};

}  // namespace orrery::lowering
