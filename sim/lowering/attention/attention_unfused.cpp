// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_unfused.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "command/view.h"
#include "lowering/attention/attention_lane.h"

namespace orrery::lowering {

using command::View;
using Keys = workload::Attention::Keys;

UnfusedAttention::UnfusedAttention(const LayerRequest& request, const AttentionProblem& problem,
                                   const UnfusedTiling& tiling, const AttentionAppend& append)
    : machine_(request.machine),
      problem_(problem),
      tiling_(tiling),
      buffers_(problem_, tiling_),
      append_(append) {
  base::require_invariant(request.group.workspace.size() == 1, "unfused logits have a tensor");
  const workload::Attention& a = problem_.attributes;
  logits_.tensor = request.group.workspace.front();
  logits_.type = problem_.logits;
  logits_.head_size = 1;
  logits_.head_bytes = numeric::bits(problem_.logits) / 8;
  logits_.token_stride = problem_.length() * logits_.head_bytes;
  logits_.head_stride = a.query_length * logits_.token_stride;
  logits_.sequence_stride = a.heads * logits_.head_stride;
  base_ = request.scratchpad_base(
      std::max(tiling_.lanes * buffers_.lane, append_.scratchpad_bytes(problem_)));
}

// What one array and its vector units do in one phase.
class UnfusedAttention::Lane {
 public:
  // `side`: the tensor of which tiles are loaded, keys or values; `rows`: bytes of a block's
  // queries or results.
  Lane(const UnfusedAttention& layer, Emitter& emitter, std::int64_t lane,
       const AttentionOperand& side, std::int64_t rows)
      : problem_(layer.problem_),
        tiling_(layer.tiling_),
        sizes_(layer.buffers_),
        logits_(layer.logits_),
        lane_(problem_, layer.machine_, emitter, lane, tiling_.lanes),
        base_(layer.base_ + lane * sizes_.lane),
        rows_bytes_(rows),
        tiles_base_(base_ + tiling_.buffers * aligned_buffer(rows)),
        side_(problem_, side, tiling_.keys, tiling_.kv_slots,
              tiles_base_ + tiling_.buffers * aligned_buffer(sizes_.tile)) {}

  [[nodiscard]] std::int64_t first_tile(const AttentionBlock& block) const {
    return AttentionProblem::first_tile(block.keys, tiling_.keys);
  }
  [[nodiscard]] std::int64_t end_tile(const AttentionBlock& block) const {
    return AttentionProblem::end_tile(block.keys, tiling_.keys);
  }

  void load_queries(const AttentionBlock& block, std::int64_t index) {
    lane_.emitter().load(problem_.rows_move(problem_.query, block, rows(index)));
  }

  // Logits of one tile, scaled, to memory.
  void logits_tile(const AttentionBlock& block, std::int64_t index, std::int64_t tile) {
    const Keys part = side_.part(block, tile);
    const std::int64_t key = side_.load(lane_.emitter(), block, tile);
    lane_.flush_stores();
    View sums = lane_.logits(block, part, rows(index), key,
                             tiles_ % tiling_.buffers * sizes_.sums_of_logits);
    lane_.vector(scale_logits(problem_, std::move(sums), tile_view(block, part), block.rows(),
                              part.count()));
    lane_.defer_store(memory_move(block, part, tile_address(), sizes_.tile_row));
    ++tiles_;
  }

  // Some rows of a block from memory and back, over all keys that the block sees.
  void softmax(const AttentionBlock& block, const AttentionBlock& some) {
    const std::int64_t buffer = base_ + tiles_ % tiling_.buffers * aligned_buffer(sizes_.softmax);
    ++tiles_;
    const TensorMove move = memory_move(some, block.keys, buffer, sizes_.softmax_row);
    if (tiling_.buffers == 1) {
      lane_.flush_stores();  // from the only buffer
    }
    lane_.emitter().load(move);
    lane_.flush_stores();
    // Columns that a row does not see come from memory like the others and are passed over, so
    // rows of different heads take a command each.
    const bool is_masked = problem_.is_masked(some, block.keys);
    const std::int64_t heads = is_masked ? some.heads : 1;
    command::VectorCommand command;
    command.rows = some.rows() / heads;
    command.columns = block.keys.count();
    const workload::Attention& a = problem_.attributes;
    const std::int64_t valid = a.visible(some.sequence, some.first_token, 1).end - block.keys.begin;
    command.stages.push_back(
        {command::VectorKind::kSoftmax,
         {},
         {static_cast<double>(is_masked ? valid : command.columns), is_masked ? 1.0 : 0.0,
          is_masked ? static_cast<double>(a.window) : 0.0}});
    for (std::int64_t head = 0; head < heads; ++head) {
      command.destination = command::matrix_view(Emitter::scratchpad(), problem_.logits,
                                                 buffer + head * command.rows * sizes_.softmax_row,
                                                 command.rows, command.columns, sizes_.softmax_row);
      command.source = command.destination;
      lane_.vector(command);
    }
    lane_.defer_store(move);
  }

  // Adds the values of one tile, weighted by what is loaded from memory.
  void values_tile(const AttentionBlock& block, std::int64_t index, std::int64_t tile) {
    const Keys part = side_.part(block, tile);
    const std::int64_t value = side_.load(lane_.emitter(), block, tile);
    lane_.emitter().load(memory_move(block, part, tile_address(), sizes_.tile_row));
    lane_.flush_stores();
    lane_.values(block, part, tile_view(block, part), value, result_sums(block, index),
                 tile > first_tile(block));
    ++tiles_;
  }

  void write_out(const AttentionBlock& block, std::int64_t index) {
    lane_.write_out(block, result_sums(block, index), rows(index));
  }

  void flush_stores() { lane_.flush_stores(); }

 private:
  [[nodiscard]] std::int64_t rows(std::int64_t index) const {
    return base_ + index % tiling_.buffers * aligned_buffer(rows_bytes_);
  }
  [[nodiscard]] std::int64_t tile_address() const {
    return tiles_base_ + tiles_ % tiling_.buffers * aligned_buffer(sizes_.tile);
  }
  [[nodiscard]] View tile_view(const AttentionBlock& block, Keys part) const {
    return command::matrix_view(Emitter::scratchpad(), problem_.logits, tile_address(),
                                block.rows(), part.count(), sizes_.tile_row);
  }
  [[nodiscard]] View result_sums(const AttentionBlock& block, std::int64_t index) const {
    return lane_.sums(numeric::info(problem_.logits).accumulator,
                      index % tiling_.buffers * sizes_.sums_of_results, block.rows(),
                      problem_.output.head_size);
  }
  // Rows (head, token) of the logits in memory, of each the columns of `part`.
  [[nodiscard]] TensorMove memory_move(const AttentionBlock& block, Keys part, std::int64_t buffer,
                                       std::int64_t row_bytes) const {
    TensorMove move = problem_.rows_move(logits_, block, buffer);
    move.tensor_offset += part.begin * logits_.head_bytes;
    move.buffer_stride = {0, block.tokens * row_bytes, row_bytes};
    move.row_bytes = part.count() * logits_.head_bytes;
    return move;
  }

  const AttentionProblem& problem_;
  const UnfusedTiling& tiling_;
  const UnfusedBuffers& sizes_;
  const AttentionOperand& logits_;
  AttentionLane lane_;
  std::int64_t base_;
  std::int64_t rows_bytes_;
  std::int64_t tiles_base_;
  AttentionTiles side_;
  std::int64_t tiles_ = 0;
};

base::Generator<Step> UnfusedAttention::logits(Emitter& emitter, std::int64_t lane) const {
  Lane state(*this, emitter, lane, problem_.key, buffers_.query);
  std::int64_t index = 0;
  for (auto block = blocks(emitter).block(problem_, lane, 0); block;
       block = blocks(emitter).block(problem_, lane, ++index)) {
    state.load_queries(*block, index);
    for (auto tile = state.first_tile(*block); tile < state.end_tile(*block); ++tile) {
      state.logits_tile(*block, index, tile);
      co_yield Step{};
    }
  }
  state.flush_stores();
  co_yield Step{};
}

base::Generator<Step> UnfusedAttention::softmax(Emitter& emitter, std::int64_t lane) const {
  Lane state(*this, emitter, lane, problem_.key, 0);
  std::int64_t index = 0;
  for (auto block = blocks(emitter).block(problem_, lane, 0); block;
       block = blocks(emitter).block(problem_, lane, ++index)) {
    for (std::int64_t head = 0; head < block->heads; head += tiling_.softmax_heads) {
      for (std::int64_t token = 0; token < block->tokens; token += tiling_.softmax_tokens) {
        AttentionBlock some = *block;
        some.first_head += head;
        some.heads = std::min(tiling_.softmax_heads, block->heads - head);
        some.first_token += token;
        some.tokens = std::min(tiling_.softmax_tokens, block->tokens - token);
        state.softmax(*block, some);
        co_yield Step{};
      }
    }
  }
  state.flush_stores();
  co_yield Step{};
}

base::Generator<Step> UnfusedAttention::values(Emitter& emitter, std::int64_t lane) const {
  Lane state(*this, emitter, lane, problem_.value, buffers_.result);
  std::int64_t index = 0;
  for (auto block = blocks(emitter).block(problem_, lane, 0); block;
       block = blocks(emitter).block(problem_, lane, ++index)) {
    for (auto tile = state.first_tile(*block); tile < state.end_tile(*block); ++tile) {
      state.values_tile(*block, index, tile);
      co_yield Step{};
    }
    state.write_out(*block, index);
    co_yield Step{};
  }
  state.flush_stores();
  co_yield Step{};
}

base::Generator<Step> UnfusedAttention::steps(Emitter& emitter) const {
  auto appending = append_.steps(problem_, machine_, base_, emitter);
  while (const auto step = appending.next()) {
    co_yield *step;
  }
  using Phase = base::Generator<Step> (UnfusedAttention::*)(Emitter&, std::int64_t) const;
  for (const Phase phase :
       {&UnfusedAttention::logits, &UnfusedAttention::softmax, &UnfusedAttention::values}) {
    auto lanes = lanes_in_turn(tiling_.lanes,
                               [&](std::int64_t lane) { return (this->*phase)(emitter, lane); });
    while (lanes.next()) {
      co_yield Step{};
    }
  }
}

void UnfusedAttention::describe(command::LayerInfo& info) const {
  info.dataflow = problem_.dataflow.name();
  info.tiling = fmt::format(
      "unfused, row blocks of {} heads x {} tokens, {} keys a tile, softmax of {} rows, {} at a "
      "time",
      tiling_.heads, tiling_.tokens, tiling_.keys, tiling_.softmax_rows(), tiling_.lanes);
  const std::int64_t most =
      std::max({tiling_.array_cycles, tiling_.vector_cycles, tiling_.memory_cycles});
  info.limited_by = most == tiling_.memory_cycles  ? "memory"
                    : most == tiling_.array_cycles ? "array"
                                                   : "vector unit";
}

std::string UnfusedAttention::loop_nest() const {
  const workload::Attention& a = problem_.attributes;
  const std::string blocks_line = fmt::format(
      "for row block in {} blocks of {} heads x {} tokens ({} lanes)\n",
      problem_.kv_heads() * AttentionBlocks{tiling_.heads, tiling_.tokens}.of_head(problem_),
      tiling_.heads, tiling_.tokens, tiling_.lanes);
  const std::string tiles_line = fmt::format("  for key tile by {}{}\n", tiling_.keys,
                                             a.causal ? ", those that some row sees" : "");
  std::string text = AttentionAppend::loop_nest(problem_);
  text += blocks_line;
  text += fmt::format("  load q ({} buffers of {} bytes)\n", tiling_.buffers, buffers_.query);
  text += tiles_line;
  text += fmt::format("    load keys ({} buffers of {} bytes)\n", tiling_.kv_slots, buffers_.key);
  text += fmt::format("    logits = q * keys^T, {} on array; * scale; store\n",
                      problem_.dataflow.name());
  text += blocks_line;
  text += fmt::format("  for rows by {}: load logits, softmax{}, store weights\n",
                      tiling_.softmax_rows(), a.causal ? ", each as far as it sees" : "");
  text += blocks_line + tiles_line;
  text += fmt::format("    load weights, values ({} buffers of {} bytes)\n", tiling_.kv_slots,
                      buffers_.value);
  text += "    sums += weights * values\n  write out sums; store\n";
  return text;
}

std::unique_ptr<Layer> plan_unfused(const LayerRequest& request, const AttentionProblem& problem) {
  return plan_attention_form<UnfusedAttention>(request, problem, choose_unfused_tiling);
}

}  // namespace orrery::lowering
