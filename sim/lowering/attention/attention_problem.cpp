// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/banks/pim_attention_plan.h"
#include "lowering/mapping/attention_form.h"

namespace orrery::lowering {
namespace {

using base::divide_up;
using numeric::ElementType;
using Keys = workload::Attention::Keys;

AttentionOperand operand(const LayerRequest& request, workload::TensorId id,
                         std::int64_t head_size) {
  AttentionOperand result;
  result.tensor = id;
  result.type = request.tensor(id).type;
  result.tier = &request.tier(id);
  result.head_size = head_size;
  result.head_bytes = numeric::row_bytes(result.type, head_size);
  return result;
}

// [B, tokens, heads * head_size]
AttentionOperand by_token(const LayerRequest& request, workload::TensorId id,
                          std::int64_t head_size) {
  AttentionOperand result = operand(request, id, head_size);
  const workload::Tensor& tensor = request.tensor(id);
  result.head_stride = result.head_bytes;
  result.token_stride = tensor.shape[2] / head_size * result.head_bytes;
  result.sequence_stride = tensor.shape[1] * result.token_stride;
  return result;
}

// [B, heads, tokens, head_size], or such a block of one sequence after the other.
AttentionOperand by_head(const LayerRequest& request, workload::TensorId id,
                         const workload::Attention& attention, std::int64_t head_size) {
  AttentionOperand result = operand(request, id, head_size);
  const workload::Tensor& tensor = request.tensor(id);
  result.token_stride = result.head_bytes;
  if (attention.past_lengths) {
    std::int64_t offset = 0;
    for (std::size_t sequence = 0; sequence < attention.past_lengths->size(); ++sequence) {
      const std::int64_t head_stride =
          attention.length(static_cast<std::int64_t>(sequence)) * result.token_stride;
      result.places.push_back({offset, head_stride});
      offset += attention.kv_heads * head_stride;
    }
    return result;
  }
  result.head_stride = tensor.shape[2] * result.token_stride;
  result.sequence_stride = tensor.shape[1] * result.head_stride;
  return result;
}

}  // namespace

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

TensorMove AttentionOperand::move(std::int64_t sequence, std::int64_t head, std::int64_t heads,
                                  std::int64_t token, std::int64_t tokens,
                                  std::int64_t buffer) const {
  const SequencePlace place = places.empty()
                                  ? SequencePlace{sequence * sequence_stride, head_stride}
                                  : places[static_cast<std::size_t>(sequence)];
  TensorMove result;
  result.tensor = tensor;
  result.tensor_offset = place.offset + head * place.head_stride + token * token_stride;
  result.tensor_stride = {0, place.head_stride, token_stride};
  result.buffer = buffer;
  result.buffer_stride = {0, tokens * head_bytes, head_bytes};
  result.count = {1, heads, tokens};
  result.row_bytes = head_bytes;
  return result;
}

config::Node AttentionProblem::chosen(AttentionForm form) const {
  config::Node node = form_key(form);
  if (banks) {
    node.set("cache", config::choice(cache_layout_names()).write(CacheLayout::kBanks));
    banks->plan->add_keys(node);
  }
  return node;
}

std::int64_t AttentionProblem::all_keys() const {
  return attributes.kv_heads * attributes.total_length(batch);
}

std::int64_t AttentionProblem::seen_keys() const {
  std::int64_t keys = 0;
  for (std::int64_t sequence = 0; sequence < batch; ++sequence) {
    keys += attributes.visible(sequence, 0, attributes.query_length).count();
  }
  return attributes.kv_heads * keys;
}

std::int64_t AttentionProblem::most_keys(std::int64_t tokens) const {
  return attributes.window == 0 ? length() : std::min(length(), attributes.window + tokens - 1);
}

std::int64_t AttentionProblem::average_keys(std::int64_t tokens) const {
  const workload::Attention& a = attributes;
  const auto of_sequence = [&](std::int64_t past, std::int64_t length) {
    if (!a.causal) {
      return length;
    }
    // Halfway between the first and the last block.
    const std::int64_t keys = past + (a.query_length + tokens + 1) / 2;
    return a.window == 0 ? keys : std::min(keys, most_keys(tokens));
  };
  if (!a.past_lengths) {
    return of_sequence(a.past_length, length());
  }
  std::int64_t sum = 0;
  for (const std::int64_t past : *a.past_lengths) {
    sum += of_sequence(past, past + a.query_length);
  }
  return divide_up(sum, batch);
}

std::int64_t AttentionProblem::memory_cycles(std::int64_t keys) const {
  const std::int64_t queries = batch * attributes.heads * attributes.query_length;
  struct Bytes {
    std::int64_t loaded = 0;
    std::int64_t fetched = 0;  // of keys and values once
  };
  std::map<const Machine::Tier*, Bytes> bytes;
  const auto add = [&](const AttentionOperand& side, std::int64_t loaded, std::int64_t fetched) {
    bytes[side.tier].loaded += loaded * side.head_bytes;
    bytes[side.tier].fetched += fetched * side.head_bytes;
  };
  const std::int64_t once = std::min(keys, seen_keys());
  add(key, keys, once);
  add(value, keys, once);
  add(query, queries, queries);
  add(output, queries, queries);
  std::int64_t most = 0;
  for (const auto& [tier, amount] : bytes) {
    most = std::max(most, tier->cycles(amount.loaded, amount.fetched));
  }
  return most;
}

std::int64_t AttentionProblem::pairs(const AttentionBlock& block, Keys part) const {
  std::int64_t total = 0;
  for (std::int64_t token = 0; token < block.tokens; ++token) {
    const Keys seen = attributes.visible(block.sequence, block.first_token + token, 1);
    total +=
        std::max<std::int64_t>(std::min(seen.end, part.end) - std::max(seen.begin, part.begin), 0);
  }
  return total;
}

bool AttentionProblem::is_masked(const AttentionBlock& block, Keys part) const {
  return attributes.visible(block.sequence, block.first_token, 1).end < part.end ||
         attributes.visible(block.sequence, block.first_token + block.tokens - 1, 1).begin >
             part.begin;
}

void AttentionProblem::mask(const AttentionBlock& block, Keys part, command::View& view) const {
  if (!is_masked(block, part)) {
    return;
  }
  base::require_invariant(view.row.size() == 1 && view.column.size() == 1,
                          "a plain matrix is masked");
  const command::Digit row = view.row[0];
  view.row.clear();
  if (block.heads > 1) {
    view.row.push_back({block.heads, block.tokens * row.stride_bits, {0, 0}});
  }
  view.row.push_back({block.tokens, row.stride_bits, {1, 0}});
  view.column[0].step = {-1, 0};
  view.bounds[0].origin = attributes.past(block.sequence) + block.first_token - part.begin;
  if (attributes.window != 0) {
    view.bounds[0].limit = attributes.window;
  }
}

TensorMove AttentionProblem::rows_move(const AttentionOperand& side, const AttentionBlock& block,
                                       std::int64_t buffer) const {
  return side.move(block.sequence, block.kv_head * group() + block.first_head, block.heads,
                   block.first_token, block.tokens, buffer);
}

std::optional<AttentionProblem> attention_problem(const LayerRequest& request) {
  const auto dataflow = request.dataflow();
  if (!dataflow) {
    return std::nullopt;
  }
  AttentionProblem problem;
  problem.attributes = std::get<workload::Attention>(request.op().attributes);
  problem.dataflow = *dataflow;
  problem.batch = request.input(0).shape[0];
  problem.logits = logits_type(request.input(0).type);
  const auto& inputs = request.op().inputs;
  const std::int64_t size = problem.attributes.head_size;
  const std::int64_t value_size = problem.attributes.value_head_size();
  problem.query = by_token(request, inputs[0], size);
  problem.output = by_token(request, request.group.output, value_size);
  problem.new_key = problem.key = by_token(request, inputs[1], size);
  problem.new_value = problem.value = by_token(request, inputs[2], value_size);
  if (request.group.pim) {
    problem.banks = {request.group.pim, inputs[3], inputs[4], request.group.staging};
  } else if (problem.attributes.cached) {
    problem.key = by_head(request, inputs[3], problem.attributes, size);
    problem.value = by_head(request, inputs[4], problem.attributes, value_size);
  }
  if (!request.takes(problem.query.type, problem.key.type) ||
      !request.takes(problem.logits, problem.value.type)) {
    return std::nullopt;
  }
  for (const AttentionOperand& one : {problem.query, problem.new_key, problem.new_value,
                                      problem.key, problem.value, problem.output}) {
    if (one.head_size * numeric::bits(one.type) % 8 != 0) {
      request.error(fmt::format("heads of {} elements of {} do not begin at whole bytes",
                                one.head_size, numeric::name(one.type)));
      return std::nullopt;
    }
  }
  return problem;
}

std::int64_t AttentionBlocks::of_head(const AttentionProblem& problem) const {
  return divide_up(problem.group(), heads) * divide_up(problem.attributes.query_length, tokens);
}

// A lane keeps to its heads, so that keys and values that stay in their buffers serve all row
// blocks of a head. Only where there are fewer heads than lanes are the row blocks dealt out.
std::optional<AttentionBlock> AttentionBlocks::block(const AttentionProblem& problem,
                                                     std::int64_t lane, std::int64_t i) const {
  const workload::Attention& a = problem.attributes;
  const std::int64_t blocks = of_head(problem);
  const std::int64_t all_lanes = lanes * partitions;
  const std::int64_t lane_of_all = lane * partitions + partition;
  std::int64_t head = 0;
  std::int64_t part = 0;
  if (problem.kv_heads() >= all_lanes) {
    head = lane_of_all + i / blocks * all_lanes;
    part = i % blocks;
  } else {
    const std::int64_t index = lane_of_all + i * all_lanes;
    head = index / blocks;
    part = index % blocks;
  }
  if (head >= problem.kv_heads()) {
    return std::nullopt;
  }
  const std::int64_t token_blocks = divide_up(a.query_length, tokens);
  AttentionBlock block;
  block.sequence = head / a.kv_heads;
  block.kv_head = head % a.kv_heads;
  block.first_head = part / token_blocks * heads;
  block.heads = std::min(heads, problem.group() - block.first_head);
  block.first_token = part % token_blocks * tokens;
  block.tokens = std::min(tokens, a.query_length - block.first_token);
  block.keys = a.visible(block.sequence, block.first_token, block.tokens);
  return block;
}

}  // namespace orrery::lowering
