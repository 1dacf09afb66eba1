// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention_append.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "command/view.h"

namespace orrery::lowering {

std::optional<AttentionAppend> AttentionAppend::plan(const AttentionProblem& problem,
                                                     std::int64_t scratchpad_bytes,
                                                     std::int64_t buffers) {
  AttentionAppend result;
  result.heads_ = problem.attributes.kv_heads;
  result.tokens_ = problem.attributes.query_length;
  result.buffers_ = buffers;
  while (result.scratchpad_bytes(problem) > scratchpad_bytes) {
    if (result.tokens_ > 1) {
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
  const auto bytes = [&](const AttentionOperand& from, const AttentionOperand& to) {
    const std::int64_t loaded = aligned_buffer(heads_ * tokens_ * from.head_bytes);
    return from.type == to.type ? loaded
                                : loaded + aligned_buffer(heads_ * tokens_ * to.head_bytes);
  };
  return std::max(bytes(problem.new_key, problem.key), bytes(problem.new_value, problem.value));
}

std::int64_t AttentionAppend::scratchpad_bytes(const AttentionProblem& problem) const {
  return problem.attributes.cached ? buffers_ * slot_bytes(problem) : 0;
}

base::Generator<Step> AttentionAppend::steps(const AttentionProblem& problem,
                                             const Machine& machine, std::int64_t scratchpad_base,
                                             Emitter& emitter) const {
  using Side = std::pair<const AttentionOperand*, const AttentionOperand*>;
  const workload::Attention& a = problem.attributes;
  const Side sides[] = {{&problem.new_key, &problem.key}, {&problem.new_value, &problem.value}};
  std::int64_t block = 0;
  for (std::int64_t sequence = 0; a.cached && sequence < problem.batch; ++sequence) {
    for (const auto& [from, to] : sides) {
      for (std::int64_t head = 0; head < a.kv_heads; head += heads_) {
        for (std::int64_t token = 0; token < a.query_length; token += tokens_, ++block) {
          const std::int64_t heads = std::min(heads_, a.kv_heads - head);
          const std::int64_t tokens = std::min(tokens_, a.query_length - token);
          std::int64_t buffer = scratchpad_base + block % buffers_ * slot_bytes(problem);
          emitter.load(from->move(sequence, head, heads, token, tokens, buffer));
          if (from->type != to->type) {
            command::VectorCommand convert;
            convert.rows = heads * tokens;
            convert.columns = from->head_size;
            convert.source = command::matrix_view(Emitter::scratchpad(), from->type, buffer,
                                                  convert.rows, convert.columns, from->head_bytes);
            buffer += aligned_buffer(heads_ * tokens_ * from->head_bytes);
            convert.destination =
                command::matrix_view(Emitter::scratchpad(), to->type, buffer, convert.rows,
                                     convert.columns, to->head_bytes);
            emitter.vector(static_cast<std::size_t>(block) % machine.vector_units.size(), convert);
          }
          emitter.store(to->move(sequence, head, heads, a.past(sequence) + token, tokens, buffer));
          co_yield Step{};
        }
      }
    }
  }
}

std::string AttentionAppend::loop_nest(const AttentionProblem& problem) {
  return problem.attributes.cached
             ? fmt::format("for sequence in {}: append {} new keys and values of {} heads\n",
                           problem.batch, problem.attributes.query_length,
                           problem.attributes.kv_heads)
             : "";
}

}  // namespace orrery::lowering
