// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "lowering/attention_layer.h"
#include "lowering/attention_tiling.h"
#include "lowering/operator_table.h"

namespace orrery::lowering {
namespace {

using numeric::ElementType;

// Softmax needs fractions: narrow queries get logits of two bytes.
ElementType logits_type(ElementType query) {
  switch (query) {
    case ElementType::kFp16:
    case ElementType::kBf16:
    case ElementType::kFp32:
      return query;
    case ElementType::kInt32:
      return ElementType::kFp32;
    default:
      return ElementType::kFp16;
  }
}

std::optional<AttentionProblem> attention_problem(const LayerRequest& request,
                                                  timing::Dataflow dataflow) {
  AttentionProblem problem;
  problem.attributes = std::get<workload::Attention>(request.op().attributes);
  problem.dataflow = dataflow;
  problem.batch = request.input(0).shape[0];
  problem.query = request.input(0).type;
  problem.new_key = request.input(1).type;
  problem.new_value = request.input(2).type;
  problem.key = request.input(3).type;
  problem.value = request.input(4).type;
  problem.output = request.output().type;
  problem.logits = logits_type(problem.query);
  const auto& inputs = request.op().inputs;
  problem.query_tier = &request.tier(inputs[0]);
  problem.key_tier = &request.tier(inputs[3]);
  problem.value_tier = &request.tier(inputs[4]);
  problem.output_tier = &request.tier(request.group.output);
  for (const ElementType type : {problem.query, problem.new_key, problem.new_value, problem.key,
                                 problem.value, problem.output}) {
    if (problem.attributes.head_size * numeric::bits(type) % 8 != 0) {
      request.error(fmt::format("heads of {} elements of {} do not begin at whole bytes",
                                problem.attributes.head_size, numeric::name(type)));
      return std::nullopt;
    }
  }
  return problem;
}

// Heads and tokens that are appended to a cache at a time: as many as fit.
struct AppendBlock {
  std::int64_t heads = 1;
  std::int64_t tokens = 1;
};

std::optional<AppendBlock> append_block(const AttentionProblem& problem, std::int64_t bytes,
                                        std::int64_t buffers) {
  AppendBlock block{problem.attributes.kv_heads, problem.attributes.query_length};
  while (AttentionLayer::append_bytes(problem, block.heads, block.tokens, buffers) > bytes) {
    if (block.tokens > 1) {
      block.tokens = (block.tokens + 1) / 2;
    } else if (block.heads > 1) {
      block.heads = (block.heads + 1) / 2;
    } else {
      return std::nullopt;
    }
  }
  return block;
}

}  // namespace

std::unique_ptr<Layer> plan_attention(const LayerRequest& request) {
  const auto dataflow = request.dataflow();
  if (!dataflow) {
    return nullptr;
  }
  const auto problem = attention_problem(request, *dataflow);
  if (!problem) {
    return nullptr;
  }
  for (const LayerRequest::Budget& budget : request.budgets()) {
    const auto tiling =
        choose_attention_tiling(*problem, request.machine, budget.bytes, budget.buffers);
    const auto append = append_block(*problem, budget.bytes, budget.buffers);
    if (tiling && append) {
      return std::make_unique<AttentionLayer>(request, *problem, *tiling, append->heads,
                                              append->tokens);
    }
  }
  const AttentionBuffers smallest(*problem, AttentionTiling{});
  request.error_too_small(smallest.lane, "smallest block, one query and its logits,");
  return nullptr;
}

}  // namespace orrery::lowering
