// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_append.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "command/view.h"

namespace orrery::lowering {

std::optional<AttentionAppend> AttentionAppend::plan(const AttentionProblem& problem,
                                                     std::int64_t scratchpad_bytes,
                                                     std::int64_t buffers) {
  AttentionAppend result;
  if (problem.banks) {
    result.banks_ = PimCacheAppend::plan(problem, scratchpad_bytes, buffers);
    return result.banks_ ? std::optional(result) : std::nullopt;
  }
  constexpr std::int64_t kParts = 8;
  result.sequences_ = std::max<std::int64_t>(problem.batch / kParts, 1);
  result.heads_ = problem.attributes.kv_heads;
  result.tokens_ = problem.attributes.query_length;
  result.buffers_ = buffers;
  while (result.scratchpad_bytes(problem) > scratchpad_bytes) {
    if (result.sequences_ > 1) {
      result.sequences_ = (result.sequences_ + 1) / 2;
    } else if (result.tokens_ > 1) {
      result.tokens_ = (result.tokens_ + 1) / 2;
    } else if (result.heads_ > 1) {
      result.heads_ = (result.heads_ + 1) / 2;
    } else {
      return std::nullopt;
    }
  }
  return result;
}

std::int64_t AttentionAppend::slot_bytes(const AttentionProblem& problem) const {
  const std::int64_t rows = sequences_ * heads_ * tokens_;
  const auto bytes = [&](const AttentionOperand& from, const AttentionOperand& to) {
    const std::int64_t loaded = aligned_buffer(rows * from.head_bytes);
    return from.type == to.type ? loaded : loaded + aligned_buffer(rows * to.head_bytes);
  };
  return std::max(bytes(problem.new_key, problem.key), bytes(problem.new_value, problem.value));
}

std::int64_t AttentionAppend::scratchpad_bytes(const AttentionProblem& problem) const {
  if (banks_) {
    return banks_->scratchpad_bytes(problem);
  }
  return problem.attributes.cached ? buffers_ * slot_bytes(problem) : 0;
}

std::vector<AttentionAppend::Block> AttentionAppend::blocks(const AttentionProblem& problem) const {
  const workload::Attention& a = problem.attributes;
  std::vector<Block> result;
  for (std::int64_t sequence = 0; sequence < problem.batch; sequence += sequences_) {
    for (std::int64_t head = 0; head < a.kv_heads; head += heads_) {
      for (std::int64_t token = 0; token < a.query_length; token += tokens_) {
        result.push_back({sequence, std::min(sequences_, problem.batch - sequence), head,
                          std::min(heads_, a.kv_heads - head), token,
                          std::min(tokens_, a.query_length - token)});
      }
    }
  }
  return result;
}

// Sequences of one length lie evenly apart and go in one move.
void AttentionAppend::store(const AttentionProblem& problem, const AttentionOperand& to,
                            const Block& block, std::int64_t buffer, Emitter& emitter) {
  const std::int64_t bytes = block.rows_of_sequence() * to.head_bytes;
  const auto move = [&](std::int64_t i) {
    return to.move(block.sequence + i, block.head, block.heads,
                   problem.attributes.past(block.sequence + i) + block.token, block.tokens,
                   buffer + i * bytes);
  };
  if (to.places.empty()) {
    TensorMove all = move(0);
    all.count[0] = block.sequences;
    all.tensor_stride[0] = to.sequence_stride;
    all.buffer_stride[0] = bytes;
    emitter.store(all);
    return;
  }
  for (std::int64_t i = 0; i < block.sequences; ++i) {
    emitter.store(move(i));
  }
}

base::Generator<Step> AttentionAppend::steps(const AttentionProblem& problem,
                                             const Machine& machine, std::int64_t scratchpad_base,
                                             Emitter& emitter) const {
  if (banks_) {
    auto appending = banks_->steps(problem, machine, scratchpad_base, emitter);
    while (appending.next()) {
      co_yield Step{};
    }
    co_return;
  }
  if (!problem.attributes.cached) {
    co_return;
  }
  using Side = std::pair<const AttentionOperand*, const AttentionOperand*>;
  const Side sides[] = {{&problem.new_key, &problem.key}, {&problem.new_value, &problem.value}};
  std::int64_t count = 0;
  std::int64_t number = 0;
  for (const Block& block : blocks(problem)) {
    if (!emitter.takes(number++)) {
      continue;
    }
    for (const auto& [from, to] : sides) {
      std::int64_t buffer = scratchpad_base + count % buffers_ * slot_bytes(problem);
      TensorMove load =
          from->move(block.sequence, block.head, block.heads, block.token, block.tokens, buffer);
      load.count[0] = block.sequences;
      load.tensor_stride[0] = from->sequence_stride;
      load.buffer_stride[0] = block.rows_of_sequence() * from->head_bytes;
      emitter.load(load);
      if (from->type != to->type) {
        command::VectorCommand convert;
        convert.rows = block.rows();
        convert.columns = from->head_size;
        convert.source = command::matrix_view(Emitter::scratchpad(), from->type, buffer,
                                              convert.rows, convert.columns, from->head_bytes);
        buffer += aligned_buffer(sequences_ * heads_ * tokens_ * from->head_bytes);
        convert.destination = command::matrix_view(Emitter::scratchpad(), to->type, buffer,
                                                   convert.rows, convert.columns, to->head_bytes);
        emitter.vector(static_cast<std::size_t>(count) % machine.vector_units.size(), convert);
      }
      store(problem, *to, block, buffer, emitter);
      ++count;
      co_yield Step{};
    }
  }
  co_yield Step{true};
}

std::string AttentionAppend::loop_nest(const AttentionProblem& problem) {
  if (problem.banks) {
    return PimCacheAppend::loop_nest(problem);
  }
  return problem.attributes.cached
             ? fmt::format("for sequence in {}: append {} new keys and values of {} heads\n",
                           problem.batch, problem.attributes.query_length,
                           problem.attributes.kv_heads)
             : "";
}

}  // namespace orrery::lowering
