// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lowering/layer/emitter.h"
#include "lowering/layer/layer.h"
#include "lowering/machine/machine.h"
#include "workload/graph.h"

namespace orrery::lowering {

struct PimAttentionPlan;

// Rows of a row block: some query heads of one group times some tokens, and the keys that some of
// them sees.
struct AttentionBlock {
  std::int64_t sequence = 0;
  std::int64_t kv_head = 0;
  std::int64_t first_head = 0;  // within the group
  std::int64_t heads = 1;
  std::int64_t first_token = 0;
  std::int64_t tokens = 1;
  workload::Attention::Keys keys;
  [[nodiscard]] std::int64_t rows() const { return heads * tokens; }
};

// One tensor of an attention operator as rows of one head of one token each. Strides in bytes.
struct AttentionOperand {
  workload::TensorId tensor = workload::kNoTensor;
  numeric::ElementType type{};
  const Machine::Tier* tier = nullptr;
  std::int64_t head_size = 1;
  std::int64_t head_bytes = 1;  // of one row
  std::int64_t sequence_stride = 0;
  std::int64_t head_stride = 0;
  std::int64_t token_stride = 0;
  // Where sequences differ in length, their places instead of sequence_stride and head_stride.
  struct SequencePlace {
    std::int64_t offset = 0;
    std::int64_t head_stride = 0;
  };
  std::vector<SequencePlace> places;
  // Rows (head, token), successive in the buffer.
  [[nodiscard]] TensorMove move(std::int64_t sequence, std::int64_t head, std::int64_t heads,
                                std::int64_t token, std::int64_t tokens, std::int64_t buffer) const;
};

// An attention operator with all that tiles depend on.
struct AttentionProblem {
  workload::Attention attributes;
  std::int64_t batch = 1;
  AttentionOperand query, output;
  AttentionOperand key, value;          // of all keys: the caches where there are such
  AttentionOperand new_key, new_value;  // what is appended to the caches
  // Caches in rows of banks. Nothing was in them: `key` and `value` are what is new.
  struct BankCaches {
    std::shared_ptr<const PimAttentionPlan> plan;
    workload::TensorId key = workload::kNoTensor;
    workload::TensorId value = workload::kNoTensor;
    workload::TensorId staging = workload::kNoTensor;  // absent where no values wait
  };
  std::optional<BankCaches> banks;
  numeric::ElementType logits{};  // of the logits and of the weights that softmax makes
  timing::Dataflow dataflow = timing::Dataflow::kWeightStationary;

  // The keys of a layer rule that asks for the form, and for these caches.
  [[nodiscard]] config::Node chosen(AttentionForm form) const;

  // Query heads that read one key-value head.
  [[nodiscard]] std::int64_t group() const { return attributes.heads / attributes.kv_heads; }
  // Key-value heads of all sequences.
  [[nodiscard]] std::int64_t kv_heads() const { return batch * attributes.kv_heads; }
  [[nodiscard]] std::int64_t length() const { return attributes.length(); }
  // Keys of all heads and sequences that are there, and those that some token sees.
  [[nodiscard]] std::int64_t all_keys() const;
  [[nodiscard]] std::int64_t seen_keys() const;
  // The most keys that `tokens` successive tokens see.
  [[nodiscard]] std::int64_t most_keys(std::int64_t tokens) const;
  // Keys that an average block of so many tokens sees, rounded up.
  [[nodiscard]] std::int64_t average_keys(std::int64_t tokens) const;
  // Cycles of the busiest tier for queries, results and so many keys and values.
  [[nodiscard]] std::int64_t memory_cycles(std::int64_t keys) const;
  // Tiles of `keys` keys, counted from key 0, that hold some of `seen`.
  [[nodiscard]] static std::int64_t first_tile(workload::Attention::Keys seen, std::int64_t keys) {
    return seen.begin / keys;
  }
  [[nodiscard]] static std::int64_t end_tile(workload::Attention::Keys seen, std::int64_t keys) {
    return (seen.end + keys - 1) / keys;
  }
  // Pairs of a token of the block and a key of `part` that it sees, of one head.
  [[nodiscard]] std::int64_t pairs(const AttentionBlock& block,
                                   workload::Attention::Keys part) const;
  // Whether some row of the block does not see all of `part`.
  [[nodiscard]] bool is_masked(const AttentionBlock& block, workload::Attention::Keys part) const;
  // Makes a view of block.rows() x part.count() elements leave out what a row does not see: its
  // first coordinate becomes token - key, inside [0, window).
  void mask(const AttentionBlock& block, workload::Attention::Keys part, command::View& view) const;
  // Queries or results of a block.
  [[nodiscard]] TensorMove rows_move(const AttentionOperand& operand, const AttentionBlock& block,
                                     std::int64_t buffer) const;
};

// Of the logits and of the weights that softmax makes of them. Softmax needs fractions: narrow
// queries get logits of two bytes.
[[nodiscard]] numeric::ElementType logits_type(numeric::ElementType query);

// nullopt after a diagnostic.
[[nodiscard]] std::optional<AttentionProblem> attention_problem(const LayerRequest& request);

// Row blocks of `heads` x `tokens`, dealt out to the lanes of all partitions.
struct AttentionBlocks {
  std::int64_t heads = 1;
  std::int64_t tokens = 1;
  std::int64_t lanes = 1;  // of a partition
  std::int64_t partition = 0;
  std::int64_t partitions = 1;

  // Of one key-value head.
  [[nodiscard]] std::int64_t of_head(const AttentionProblem& problem) const;
  // Row block number `i` of a lane, nullopt where it has no more.
  [[nodiscard]] std::optional<AttentionBlock> block(const AttentionProblem& problem,
                                                    std::int64_t lane, std::int64_t i) const;
};

}  // namespace orrery::lowering
