// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_row_tiled.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/attention/attention_lane.h"

namespace orrery::lowering {

using command::View;
using Keys = workload::Attention::Keys;

RowTiledAttention::RowTiledAttention(const LayerRequest& request, const AttentionProblem& problem,
                                     const AttentionTiling& tiling, const AttentionAppend& append)
    : machine_(request.machine),
      problem_(problem),
      tiling_(tiling),
      buffers_(problem_, tiling_),
      append_(append) {
  base_ = request.scratchpad_base(
      std::max(tiling_.lanes * buffers_.lane, append_.scratchpad_bytes(problem_)));
}

// What one array and its vector units do.
class RowTiledAttention::Lane {
 public:
  Lane(const RowTiledAttention& layer, Emitter& emitter, std::int64_t lane)
      : problem_(layer.problem_),
        tiling_(layer.tiling_),
        sizes_(layer.buffers_),
        lane_(problem_, layer.machine_, emitter, lane, tiling_.lanes),
        query_base_(layer.base_ + lane * sizes_.lane),
        result_base_(query_base_ + tiling_.buffers * aligned_buffer(sizes_.query)),
        logits_base_(result_base_ + tiling_.buffers * aligned_buffer(sizes_.result)),
        keys_(problem_, problem_.key, tiling_.keys, tiling_.kv_slots,
              logits_base_ + tiling_.logits_slots * aligned_buffer(sizes_.logits)),
        values_(problem_, problem_.value, tiling_.keys, tiling_.kv_slots,
                logits_base_ + tiling_.logits_slots * aligned_buffer(sizes_.logits) +
                    tiling_.kv_slots * aligned_buffer(sizes_.key)) {}

  [[nodiscard]] std::int64_t first_tile(const AttentionBlock& block) const {
    return AttentionProblem::first_tile(block.keys, tiling_.keys);
  }
  [[nodiscard]] std::int64_t end_tile(const AttentionBlock& block) const {
    return AttentionProblem::end_tile(block.keys, tiling_.keys);
  }

  void load_queries(const AttentionBlock& block, std::int64_t index) {
    lane_.emitter().load(problem_.rows_move(problem_.query, block, query(index)));
  }

  // Logits of one tile of keys, scaled, into the block's row of logits.
  void logits_tile(const AttentionBlock& block, std::int64_t index, std::int64_t tile) {
    const Keys part = keys_.part(block, tile);
    const std::int64_t key = keys_.load(lane_.emitter(), block, tile);
    lane_.flush_stores();
    View sums = lane_.logits(block, part, query(index), key,
                             logit_tiles_ % tiling_.buffers * sizes_.sums_of_logits);
    ++logit_tiles_;
    lane_.vector(scale_logits(problem_, std::move(sums), logits(block, index, part), block.rows(),
                              part.count()));
  }

  // In place; a row keeps to the keys that it sees.
  void softmax(const AttentionBlock& block, std::int64_t index) {
    command::VectorCommand command;
    command.rows = block.rows();
    command.columns = block.keys.count();
    command.destination = logits(block, index, block.keys);
    command.source = command.destination;
    problem_.mask(block, block.keys, command.source);
    command.stages.push_back(
        {command::VectorKind::kSoftmax, {}, {static_cast<double>(command.columns), 0.0}});
    lane_.vector(command);
  }

  // Adds the values of one tile, weighted, to the block's sums.
  void values_tile(const AttentionBlock& block, std::int64_t index, std::int64_t tile) {
    const Keys part = values_.part(block, tile);
    const std::int64_t value = values_.load(lane_.emitter(), block, tile);
    lane_.flush_stores();
    lane_.values(block, part, logits(block, index, part), value, result_sums(block, index),
                 tile > first_tile(block));
  }

  void write_out(const AttentionBlock& block, std::int64_t index) {
    lane_.write_out(block, result_sums(block, index),
                    result_base_ + index % tiling_.buffers * aligned_buffer(sizes_.result));
  }

  void flush_stores() { lane_.flush_stores(); }

 private:
  [[nodiscard]] std::int64_t query(std::int64_t index) const {
    return query_base_ + index % tiling_.buffers * aligned_buffer(sizes_.query);
  }

  [[nodiscard]] View logits(const AttentionBlock& block, std::int64_t index, Keys part) const {
    return command::matrix_view(
        Emitter::scratchpad(), problem_.logits,
        logits_base_ + index % tiling_.logits_slots * aligned_buffer(sizes_.logits) +
            (part.begin - block.keys.begin) * numeric::bits(problem_.logits) / 8,
        block.rows(), part.count(), sizes_.logits_row);
  }

  [[nodiscard]] View result_sums(const AttentionBlock& block, std::int64_t index) const {
    return lane_.sums(
        numeric::info(problem_.logits).accumulator,
        tiling_.buffers * sizes_.sums_of_logits + index % tiling_.buffers * sizes_.sums_of_results,
        block.rows(), problem_.output.head_size);
  }

  const AttentionProblem& problem_;
  const AttentionTiling& tiling_;
  const AttentionBuffers& sizes_;
  AttentionLane lane_;
  std::int64_t query_base_;
  std::int64_t result_base_;
  std::int64_t logits_base_;
  AttentionTiles keys_;
  AttentionTiles values_;
  std::int64_t logit_tiles_ = 0;
};

// Where two blocks of logits fit, the logits of a block are made before the values of the block
// before it are summed: the array has work while a block goes through softmax.
base::Generator<Step> RowTiledAttention::lane_steps(Emitter& emitter, std::int64_t lane) const {
  Lane state(*this, emitter, lane);
  const bool ahead = tiling_.logits_slots > 1;
  std::optional<AttentionBlock> current;
  std::optional<AttentionBlock> previous;
  std::int64_t index = 0;
  do {
    previous = current;
    current = blocks(emitter).block(problem_, lane, index);
    if (current) {
      state.load_queries(*current, index);
      for (auto tile = state.first_tile(*current); tile < state.end_tile(*current); ++tile) {
        state.logits_tile(*current, index, tile);
        co_yield Step{};
      }
      state.softmax(*current, index);
      co_yield Step{};
    }
    const std::optional<AttentionBlock>& ready = ahead ? previous : current;
    const std::int64_t ready_index = ahead ? index - 1 : index;
    if (ready) {
      for (auto tile = state.first_tile(*ready); tile < state.end_tile(*ready); ++tile) {
        state.values_tile(*ready, ready_index, tile);
        co_yield Step{};
      }
      state.write_out(*ready, ready_index);
      co_yield Step{};
    }
    ++index;
  } while (current);
  state.flush_stores();
  co_yield Step{};
}

base::Generator<Step> RowTiledAttention::steps(Emitter& emitter) const {
  auto appending = append_.steps(problem_, machine_, base_, emitter);
  while (const auto step = appending.next()) {
    co_yield *step;
  }
  auto lanes =
      lanes_in_turn(tiling_.lanes, [&](std::int64_t lane) { return lane_steps(emitter, lane); });
  while (lanes.next()) {
    co_yield Step{};
  }
}

void RowTiledAttention::describe(command::LayerInfo& info) const {
  info.dataflow = problem_.dataflow.name();
  info.tiling = fmt::format("row blocks of {} heads x {} tokens, {} keys a tile, {} at a time",
                            tiling_.heads, tiling_.tokens, tiling_.keys, tiling_.lanes);
  const std::int64_t most =
      std::max({tiling_.array_cycles, tiling_.vector_cycles, tiling_.memory_cycles});
  info.limited_by = most == tiling_.array_cycles    ? "array"
                    : most == tiling_.vector_cycles ? "vector unit"
                                                    : "memory";
}

std::string RowTiledAttention::loop_nest() const {
  const workload::Attention& a = problem_.attributes;
  std::string text;
  text += AttentionAppend::loop_nest(problem_);
  text += fmt::format(
      "for row block in {} blocks of {} heads x {} tokens ({} lanes)\n",
      problem_.kv_heads() * AttentionBlocks{tiling_.heads, tiling_.tokens}.of_head(problem_),
      tiling_.heads, tiling_.tokens, tiling_.lanes);
  text += fmt::format("  load q ({} buffers of {} bytes)\n", tiling_.buffers, buffers_.query);
  text += fmt::format("  for key tile by {}{}\n", tiling_.keys,
                      a.causal ? ", those that some row sees" : "");
  text += fmt::format("    load keys ({} buffers of {} bytes)\n", tiling_.kv_slots, buffers_.key);
  text += fmt::format("    logits = q * keys^T, {} on array; * scale\n", problem_.dataflow.name());
  text += fmt::format("  softmax of each row{}\n", a.causal ? ", each as far as it sees" : "");
  text += fmt::format("  for key tile by {}\n    load values\n    sums += weights * values\n",
                      tiling_.keys);
  text += "  write out sums; store\n";
  return text;
}

std::unique_ptr<Layer> plan_row_tiled(const LayerRequest& request,
                                      const AttentionProblem& problem) {
  return plan_attention_form<RowTiledAttention>(request, problem, choose_attention_tiling);
}

}  // namespace orrery::lowering
