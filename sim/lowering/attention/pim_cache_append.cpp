// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/pim_cache_append.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/integer.h"
#include "command/view.h"

namespace orrery::lowering {

using base::divide_up;

namespace {

std::int64_t element_bytes(const PimAttentionPlan& plan) {
  return numeric::bits(plan.type) / 8;
}

// Bytes of a row of one bank to or from a buffer.
void add_pieces(const PimAttentionPlan& plan, const PimKvLayout::Place& place,
                std::int64_t elements, std::int64_t buffer, std::vector<ScatteredPiece>& pieces) {
  add_row_pieces(*plan.banks, plan.banks->address(place.channel, place.bank, place.row, 0),
                 place.element * element_bytes(plan), elements * element_bytes(plan), buffer,
                 pieces);
}

// Tokens that follow each other in the buffer, of each the heads of the part.
TensorMove load_of(const AttentionOperand& from, std::int64_t request, std::int64_t head,
                   std::int64_t heads, std::int64_t token, std::int64_t tokens,
                   std::int64_t buffer) {
  TensorMove move;
  move.tensor = from.tensor;
  move.tensor_offset =
      request * from.sequence_stride + head * from.head_stride + token * from.token_stride;
  move.tensor_stride = {0, 0, from.token_stride};
  move.buffer = buffer;
  move.buffer_stride = {0, 0, heads * from.head_bytes};
  move.count = {1, 1, tokens};
  move.row_bytes = heads * from.head_bytes;
  return move;
}

// To the type of the caches, as they lie.
command::VectorCommand conversion(const PimAttentionPlan& plan, std::int64_t rows,
                                  std::int64_t columns, std::int64_t from, std::int64_t to) {
  command::VectorCommand command;
  command.rows = rows;
  command.columns = columns;
  command.source = command::matrix_view(Emitter::scratchpad(), plan.input_type, from, rows, columns,
                                        numeric::row_bytes(plan.input_type, columns));
  command.stages.push_back({command::VectorKind::kCopy, {}, {}});
  command.destination = command::matrix_view(Emitter::scratchpad(), plan.type, to, rows, columns,
                                             numeric::row_bytes(plan.type, columns));
  return command;
}

// From a row a token to a row a dimension of each head, in the type of the caches.
command::VectorCommand transposition(const PimAttentionPlan& plan, std::int64_t dimensions,
                                     std::int64_t tokens, std::int64_t from, std::int64_t to) {
  const std::int64_t given = numeric::bits(plan.input_type) / 8;
  command::VectorCommand command;
  command.rows = dimensions;
  command.columns = tokens;
  command.source.space = Emitter::scratchpad();
  command.source.type = plan.input_type;
  command.source.base = from;
  command.source.row.push_back({dimensions, given * 8, {}});
  command.source.column.push_back({tokens, dimensions * given * 8, {}});
  command::simplify(command.source);
  command.stages.push_back({command::VectorKind::kCopy, {}, {}});
  command.destination = command::matrix_view(Emitter::scratchpad(), plan.type, to, dimensions,
                                             tokens, tokens * element_bytes(plan));
  return command;
}

std::int64_t channels_of(const PimKvLayout& layout) {
  std::set<std::int64_t> channels;
  for (const PimKvLayout::Request& request : layout.requests()) {
    channels.insert(request.channel);
  }
  return std::ssize(channels);
}

}  // namespace

std::optional<PimCacheAppend> PimCacheAppend::plan(const AttentionProblem& problem,
                                                   std::int64_t scratchpad_bytes,
                                                   std::int64_t buffers) {
  const PimKvShape& shape = problem.banks->plan->layout.shape();
  // At most an eighth at a time, so that loads and stores overlap; keys in whole tiles, values
  // along whole rows.
  constexpr std::int64_t kParts = 8;
  const auto up_to = [](std::int64_t value, std::int64_t multiple) {
    return divide_up(value, multiple) * multiple;
  };
  const std::int64_t length = problem.attributes.query_length;
  PimCacheAppend result;
  result.key_heads_ = shape.kv_heads;
  result.key_tokens_ = up_to(divide_up(length, kParts), shape.banks);
  result.value_heads_ = divide_up(shape.kv_heads, kParts);
  result.value_tokens_ = std::min(shape.row_elements, up_to(length, shape.value_block));
  const auto halve = [](std::int64_t& value, std::int64_t multiple) {
    const bool can = value > multiple;
    value = can ? divide_up(divide_up(value, 2), multiple) * multiple : value;
    return can;
  };
  const auto holds = [&](std::int64_t slots) {
    return slots * result.slot_bytes(problem) <= scratchpad_bytes;
  };
  const auto keys_are_larger = [&] {
    return result.key_slot(problem) >= result.value_slot(problem);
  };
  // Each channel takes what comes at its own pace: buffers for all of them, with whole tiles of
  // keys and rows of values, ...
  const std::int64_t wanted = buffers * channels_of(problem.banks->plan->layout);
  bool is_smaller = true;
  while (!holds(wanted) && is_smaller) {
    is_smaller =
        keys_are_larger() ? halve(result.key_tokens_, shape.banks) : halve(result.value_heads_, 1);
  }
  // ... else for as many as fit.
  while (!holds(buffers)) {
    is_smaller = keys_are_larger() ? halve(result.key_tokens_, 1) || halve(result.key_heads_, 1)
                                   : halve(result.value_heads_, 1) ||
                                         halve(result.value_tokens_, shape.value_block);
    if (!is_smaller) {
      return std::nullopt;
    }
  }
  result.buffers_ = std::min(scratchpad_bytes / result.slot_bytes(problem), wanted);
  return result;
}

std::int64_t PimCacheAppend::key_bytes(const AttentionProblem& problem) const {
  return aligned_buffer(key_heads_ * key_tokens_ * problem.new_key.head_bytes);
}

std::int64_t PimCacheAppend::value_bytes(const AttentionProblem& problem) const {
  return aligned_buffer(value_heads_ * value_tokens_ * problem.new_value.head_bytes);
}

// As they come and, where they are converted, in the type of the caches.
std::int64_t PimCacheAppend::key_slot(const AttentionProblem& problem) const {
  const PimAttentionPlan& plan = *problem.banks->plan;
  const std::int64_t elements = key_heads_ * key_tokens_ * problem.new_key.head_size;
  return key_bytes(problem) +
         (plan.converts() ? aligned_buffer(elements * element_bytes(plan)) : 0);
}

// As they come and turned.
std::int64_t PimCacheAppend::value_slot(const AttentionProblem& problem) const {
  const std::int64_t elements = value_heads_ * value_tokens_ * problem.new_value.head_size;
  return value_bytes(problem) + aligned_buffer(elements * element_bytes(*problem.banks->plan));
}

std::int64_t PimCacheAppend::slot_bytes(const AttentionProblem& problem) const {
  return std::max(key_slot(problem), value_slot(problem));
}

std::int64_t PimCacheAppend::smallest(const AttentionProblem& problem) {
  PimCacheAppend least;
  least.value_tokens_ = problem.banks->plan->layout.shape().value_block;
  return least.slot_bytes(problem);
}

std::vector<PimCacheAppend::Part> PimCacheAppend::parts(const AttentionProblem& problem) const {
  const PimKvLayout& layout = problem.banks->plan->layout;
  const PimKvShape& shape = layout.shape();
  std::vector<std::vector<Part>> of_requests(static_cast<std::size_t>(problem.batch));
  std::size_t most = 0;
  for (std::int64_t request = 0; request < problem.batch; ++request) {
    std::vector<Part>& own = of_requests[static_cast<std::size_t>(request)];
    const auto add = [&](Kind kind, std::int64_t token, std::int64_t end, std::int64_t heads,
                         std::int64_t tokens) {
      for (std::int64_t head = 0; head < shape.kv_heads; head += heads) {
        for (std::int64_t first = token; first < end; first += tokens) {
          own.push_back({kind, request, head, std::min(heads, shape.kv_heads - head), first,
                         std::min(tokens, end - first)});
        }
      }
    };
    const std::int64_t length = problem.attributes.length(request);
    const std::int64_t banked = layout.banked_tokens(request);
    add(Kind::kKeys, 0, length, key_heads_, key_tokens_);
    for (std::int64_t row = 0; row < banked; row += shape.row_elements) {
      add(Kind::kBlocks, row, std::min(row + shape.row_elements, banked), value_heads_,
          value_tokens_);
    }
    add(Kind::kStaged, banked, length, value_heads_, value_tokens_);
    most = std::max(most, own.size());
  }
  // Requests in turn, for they lie in different channels.
  std::vector<Part> result;
  for (std::size_t i = 0; i < most; ++i) {
    for (const std::vector<Part>& own : of_requests) {
      if (i < own.size()) {
        result.push_back(own[i]);
      }
    }
  }
  return result;
}

// Tile by tile, row by row: tokens lie bank by bank.
std::vector<ScatteredPiece> PimCacheAppend::key_pieces(const PimAttentionPlan& plan,
                                                       const Part& part, std::int64_t buffer) {
  const PimKvLayout& layout = plan.layout;
  const PimKvShape& shape = layout.shape();
  const std::int64_t head_bytes = shape.head_size * element_bytes(plan);
  const std::int64_t end_token = part.token + part.tokens;
  const std::int64_t end_head = part.head + part.heads;
  std::vector<ScatteredPiece> pieces;
  for (std::int64_t first = part.token; first < end_token;) {
    const std::int64_t end = std::min((first / shape.banks + 1) * shape.banks, end_token);
    for (std::int64_t head = part.head; head < end_head;) {
      const std::int64_t heads =
          std::min(layout.heads_per_row() - head % layout.heads_per_row(), end_head - head);
      for (std::int64_t token = first; token < end; ++token) {
        add_pieces(plan, layout.key(part.request, head, token, 0), heads * shape.head_size,
                   buffer + ((token - part.token) * part.heads + head - part.head) * head_bytes,
                   pieces);
      }
      head += heads;
    }
    first = end;
  }
  return pieces;
}

std::vector<ScatteredPiece> PimCacheAppend::block_pieces(const PimAttentionPlan& plan,
                                                         const Part& part, std::int64_t buffer) {
  const PimKvShape& shape = plan.layout.shape();
  std::vector<ScatteredPiece> pieces;
  for (std::int64_t i = 0; i < part.heads * shape.value_size; ++i) {
    add_pieces(plan,
               plan.layout.value(part.request, part.head + i / shape.value_size, part.token,
                                 i % shape.value_size),
               part.tokens, buffer + i * part.tokens * element_bytes(plan), pieces);
  }
  return pieces;
}

std::vector<ScatteredPiece> PimCacheAppend::staged_pieces(const PimAttentionPlan& plan,
                                                          const Part& part, std::int64_t buffer) {
  const PimKvShape& shape = plan.layout.shape();
  const std::int64_t elements = part.heads * shape.value_size;  // of a token
  std::vector<ScatteredPiece> pieces;
  for (std::int64_t token = part.token; token < part.token + part.tokens; ++token) {
    for (std::int64_t i = 0; i < elements;) {
      const PimKvLayout::Place place = plan.layout.staged(part.request, part.head, token, i);
      const std::int64_t count = std::min(shape.row_elements - place.element, elements - i);
      add_pieces(plan, place, count,
                 buffer + ((token - part.token) * elements + i) * element_bytes(plan), pieces);
      i += count;
    }
  }
  return pieces;
}

base::Generator<Step> PimCacheAppend::steps(const AttentionProblem& problem, const Machine& machine,
                                            std::int64_t scratchpad_base, Emitter& emitter) const {
  const AttentionProblem::BankCaches& caches = *problem.banks;
  const PimAttentionPlan& plan = *caches.plan;
  std::int64_t count = 0;
  for (const Part& part : parts(problem)) {
    const bool is_key = part.kind == Kind::kKeys;
    const AttentionOperand& from = is_key ? problem.new_key : problem.new_value;
    std::int64_t buffer = scratchpad_base + count % buffers_ * slot_bytes(problem);
    emitter.load(
        load_of(from, part.request, part.head, part.heads, part.token, part.tokens, buffer));
    const bool turns = part.kind == Kind::kBlocks;
    if (turns || plan.converts()) {
      const std::int64_t made = buffer + (is_key ? key_bytes(problem) : value_bytes(problem));
      const std::int64_t elements = part.heads * from.head_size;  // of a token
      emitter.vector(static_cast<std::size_t>(count) % machine.vector_units.size(),
                     turns ? transposition(plan, elements, part.tokens, buffer, made)
                           : conversion(plan, part.tokens, elements, buffer, made));
      buffer = made;
    }
    const std::vector<ScatteredPiece> pieces =
        turns ? block_pieces(plan, part, buffer)
              : (is_key ? key_pieces(plan, part, buffer) : staged_pieces(plan, part, buffer));
    const workload::TensorId to = is_key                       ? caches.key
                                  : part.kind == Kind::kStaged ? caches.staging
                                                               : caches.value;
    // Those of a channel on one engine, so that channels do not wait for each other.
    const std::int64_t channel =
        plan.layout.requests()[static_cast<std::size_t>(part.request)].channel;
    for (const TensorMove& move : moves_of(to, pieces)) {
      emitter.store_on(channel, move);
    }
    ++count;
    co_yield Step{};
  }
}

std::string PimCacheAppend::loop_nest(const AttentionProblem& problem) {
  const PimKvShape& shape = problem.banks->plan->layout.shape();
  std::string text = fmt::format("for request in {}, in its channel:\n", problem.batch);
  text += fmt::format("  load keys of {} tokens; {}store each to its bank\n",
                      problem.attributes.query_length,
                      problem.banks->plan->converts() ? "convert on a vector unit; " : "");
  text += fmt::format(
      "  load values of whole blocks of {} tokens; transpose on a vector unit; store along rows\n",
      shape.value_block);
  if (shape.value_block > 1) {
    text += "  load values of the last block; store them where they wait\n";
  }
  return text;
}

}  // namespace orrery::lowering
