// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lowering/banks/pim_attention_order.h"
#include "lowering/banks/pim_attention_plan.h"
#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Scratchpad that a request takes, in bytes; each is large enough for the longest.
struct PimAttentionBuffers {
  PimAttentionBuffers(const PimAttentionPlan& plan, numeric::ElementType output);

  // As they come, where they are converted to the type of the caches; else they come to where the
  // converted ones are.
  std::int64_t given_query = 0, given_key = 0, given_value = 0;
  std::int64_t query_row = 0;    // one vector of queries
  std::int64_t query = 0;        // all of them
  std::int64_t key = 0;          // the new one
  std::int64_t value_row = 0;    // the values of one token
  std::int64_t value = 0;        // those of the tokens of a block
  std::int64_t weights_row = 0;  // of one head, over all tokens
  std::int64_t logits = 0;
  std::int64_t weights = 0;
  std::int64_t maxima = 0;   // of the logits of each head, and the sums of its weights: where the
  std::int64_t totals = 0;   // weights are integers
  std::int64_t columns = 0;  // the values of a block with tokens along rows
  std::int64_t staged = 0;   // sums over tokens that are not in the banks
  std::int64_t results = 0;  // of all chunks of tokens
  std::int64_t output = 0;

  // What comes first; what follows.
  [[nodiscard]] std::int64_t inputs() const {
    return given_query + given_key + given_value + query + key + value;
  }
  [[nodiscard]] std::int64_t work() const {
    return logits + weights + maxima + totals + columns + staged + results + output;
  }
  // Of each lane. The request that comes next is brought while the new value of the one before may
  // still be on its way.
  [[nodiscard]] static std::int64_t input_slots(std::int64_t depth) {
    return depth == 1 ? 1 : depth + 1;
  }
  [[nodiscard]] std::int64_t lane(std::int64_t depth) const {
    return input_slots(depth) * inputs() + depth * work();
  }
};

// Decode attention whose products are computed in the banks of a memory; docs/pim_lowering.md.
class PimAttention : public Layer {
 public:
  PimAttention(const LayerRequest& request, std::int64_t lanes, std::int64_t depth);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] config::Node chosen() const override;
  [[nodiscard]] std::string loop_nest() const override;
  [[nodiscard]] std::optional<std::int64_t> estimated_cycles() const override;

 private:
  class Turns;  // gives the commands of turns
  friend class Turns;

  const Machine& machine_;
  std::shared_ptr<const PimAttentionPlan> plan_;
  double scale_ = 1.0;
  workload::TensorId query_, new_key_, new_value_, key_, value_, output_, vectors_, staging_;
  numeric::ElementType output_type_{};
  PimAttentionBuffers buffers_;
  std::int64_t lanes_;
  std::int64_t depth_;
  std::int64_t base_ = 0;
  // Where keys and values of the caches, and vectors, begin, counted in rows of a bank.
  std::int64_t key_row_ = 0, value_row_ = 0, vector_row_ = 0;
};

// Null after a diagnostic where the smallest buffers do not fit the scratchpad.
[[nodiscard]] std::unique_ptr<Layer> plan_attention_in_memory(const LayerRequest& request);

}  // namespace orrery::lowering
