// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_one_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/attention/attention_lane.h"

namespace orrery::lowering {

using command::VectorCommand;
using command::VectorKind;
using command::View;
using numeric::ElementType;
using Keys = workload::Attention::Keys;

namespace {

// Stages with a view as operand.
command::VectorStage with(VectorKind kind, View operand) {
  return {kind, std::move(operand), {}};
}

// The same column for `columns` columns.
View spread(View column, std::int64_t columns) {
  column.column[0] = {columns, 0, {0, 0}};
  return column;
}

}  // namespace

OnePassAttention::OnePassAttention(const LayerRequest& request, const AttentionProblem& problem,
                                   const OnePassTiling& tiling, const AttentionAppend& append)
    : machine_(request.machine),
      problem_(problem),
      tiling_(tiling),
      buffers_(problem_, tiling_),
      append_(append) {
  base_ = request.scratchpad_base(std::max(scratchpad_bytes(), append_.scratchpad_bytes(problem_)));
}

// What one array and its vector units do. The array makes the logits of a step before it sums the
// values of the step before it, so that it works while the vector unit does.
class OnePassAttention::Lane {
 public:
  // One part of a row block on one tile.
  struct Work {
    AttentionBlock block;
    AttentionBlock part;
    std::int64_t slot = 0;  // of the part's buffers
    std::int64_t tile = 0;
    std::int64_t step = 0;   // of the part, from 0
    std::int64_t count = 0;  // of the lane, from 0
    bool is_last = false;    // of the part
  };

  Lane(const OnePassAttention& layer, Emitter& emitter, std::int64_t lane)
      : problem_(layer.problem_),
        tiling_(layer.tiling_),
        sizes_(layer.buffers_),
        lane_(problem_, layer.machine_, emitter, lane, tiling_.lanes),
        parts_base_(layer.base_ + lane * sizes_.lane),
        weights_base_(parts_base_ + tiling_.part_slots() * sizes_.part),
        keys_(problem_, problem_.key, tiling_.keys, tiling_.buffers,
              weights_base_ + tiling_.buffers * aligned_buffer(sizes_.weights)),
        values_(problem_, problem_.value, tiling_.keys, tiling_.buffers,
                weights_base_ + tiling_.buffers *
                                    (aligned_buffer(sizes_.weights) + aligned_buffer(sizes_.key))) {
  }

  [[nodiscard]] AttentionBlock part_of(const AttentionBlock& block, std::int64_t part) const {
    AttentionBlock result = block;
    result.first_token = block.first_token + part * tiling_.tokens;
    result.tokens = std::min(tiling_.tokens, block.first_token + block.tokens - result.first_token);
    result.keys = problem_.attributes.visible(result.sequence, result.first_token,
                                              std::max<std::int64_t>(result.tokens, 1));
    return result;
  }

  [[nodiscard]] std::int64_t first_tile(const AttentionBlock& block) const {
    return AttentionProblem::first_tile(block.keys, tiling_.keys);
  }
  [[nodiscard]] std::int64_t end_tile(const AttentionBlock& block) const {
    return AttentionProblem::end_tile(block.keys, tiling_.keys);
  }

  void load_queries(const AttentionBlock& part, std::int64_t slot) {
    lane_.emitter().load(problem_.rows_move(problem_.query, part, query(slot)));
  }

  void logits(const Work& work) {
    const std::int64_t key = keys_.load(lane_.emitter(), work.block, work.tile);
    lane_.flush_stores();
    const Keys seen = keys_.part(work.part, work.tile);
    lane_.logits(work.part, seen, query(work.slot), key + offset(work, problem_.key),
                 logit_sums(work));
  }

  void values(const Work& work) {
    const std::int64_t value = values_.load(lane_.emitter(), work.block, work.tile);
    lane_.values(work.part, keys_.part(work.part, work.tile), weights(work),
                 value + offset(work, problem_.value), result_sums(work), false);
  }

  // The new maximum, the weights against it, what the old sums are worth under it, the new sum.
  void weigh(const Work& work) {
    const std::int64_t columns = keys_.part(work.part, work.tile).count();
    const command::VectorStage scale{VectorKind::kScale, {}, {problem_.attributes.scale}};
    const View maximum = state(work, kMaximum0 + work.step % 2);
    const View previous = state(work, kMaximum0 + (work.step + 1) % 2);
    const View sum = state(work, kSum);
    const View correction = state(work, kCorrection0 + work.step % 2);
    const bool first = work.step == 0;

    std::vector<command::VectorStage> stages{scale, {VectorKind::kReduceMaximum, {}, {}}};
    if (!first) {
      stages.push_back(with(VectorKind::kMaximum, previous));
    }
    vector(work, columns, masked(work, sums_view(work)), stages, maximum);

    vector(
        work, columns, masked(work, sums_view(work)),
        {scale, with(VectorKind::kSubtract, spread(maximum, columns)), {VectorKind::kExp, {}, {}}},
        weights(work));

    stages = {{VectorKind::kReduceSum, {}, {}}};
    if (!first) {
      vector(work, 1, previous, {with(VectorKind::kSubtract, maximum), {VectorKind::kExp, {}, {}}},
             correction);
      vector(work, 1, sum, {with(VectorKind::kMultiply, correction)}, sum);
      stages.push_back(with(VectorKind::kAdd, sum));
    }
    vector(work, columns, masked(work, weights(work)), stages, sum);
  }

  // Adds the tile's weighted values to the result so far; the last one divides and is stored.
  void gather(const Work& work) {
    const std::int64_t columns = problem_.value.head_size;
    const View sums = lane_.sums(numeric::info(problem_.logits).accumulator, result_address(work),
                                 work.part.rows(), columns);
    std::vector<command::VectorStage> stages;
    if (work.step > 0) {
      const View correction = state(work, kCorrection0 + work.step % 2);
      stages = {with(VectorKind::kMultiply, spread(correction, columns)),
                with(VectorKind::kAdd, sums)};
    }
    const View source = work.step > 0 ? running(work) : sums;
    if (!work.is_last) {
      vector(work, columns, source, stages, running(work));
      return;
    }
    lane_.flush_stores();
    stages.push_back(with(VectorKind::kDivide, spread(state(work, kSum), columns)));
    const std::int64_t buffer = result(work.slot);
    vector(work, columns, source, stages,
           command::matrix_view(Emitter::scratchpad(), problem_.output.type, buffer,
                                work.part.rows(), columns, problem_.output.head_bytes));
    lane_.defer_store(problem_.rows_move(problem_.output, work.part, buffer));
  }

  void flush_stores() { lane_.flush_stores(); }

 private:
  static constexpr std::int64_t kMaximum0 = 0;
  static constexpr std::int64_t kCorrection0 = 2;
  static constexpr std::int64_t kSum = 4;
  static constexpr std::int64_t kStates = 5;

  void vector(const Work& work, std::int64_t columns, View source,
              const std::vector<command::VectorStage>& stages, View destination) {
    VectorCommand command;
    command.rows = work.part.rows();
    command.columns = columns;
    command.source = std::move(source);
    command.stages.assign(stages.begin(), stages.end());
    command.destination = std::move(destination);
    lane_.vector(command);
  }

  // From the row block's first key of the tile to the part's, in bytes.
  [[nodiscard]] std::int64_t offset(const Work& work, const AttentionOperand& side) const {
    return (keys_.part(work.part, work.tile).begin - keys_.part(work.block, work.tile).begin) *
           side.head_bytes;
  }

  [[nodiscard]] std::int64_t query(std::int64_t slot) const {
    return parts_base_ + slot * sizes_.part;
  }
  [[nodiscard]] std::int64_t states(std::int64_t slot) const {
    return query(slot) + aligned_buffer(sizes_.query);
  }
  [[nodiscard]] std::int64_t result(std::int64_t slot) const {
    return states(slot) + kStates * aligned_buffer(sizes_.state) + aligned_buffer(sizes_.running);
  }
  // A column of one number a row.
  [[nodiscard]] View state(const Work& work, std::int64_t which) const {
    return command::matrix_view(Emitter::scratchpad(), ElementType::kFp32,
                                states(work.slot) + which * aligned_buffer(sizes_.state),
                                work.part.rows(), 1, kPartialSumBytes);
  }
  [[nodiscard]] View running(const Work& work) const {
    const std::int64_t columns = problem_.value.head_size;
    return command::matrix_view(Emitter::scratchpad(), ElementType::kFp32,
                                states(work.slot) + kStates * aligned_buffer(sizes_.state),
                                work.part.rows(), columns, columns * kPartialSumBytes);
  }
  [[nodiscard]] View weights(const Work& work) const {
    const std::int64_t columns = keys_.part(work.part, work.tile).count();
    return command::matrix_view(
        Emitter::scratchpad(), problem_.logits,
        weights_base_ + work.count % tiling_.buffers * aligned_buffer(sizes_.weights),
        work.part.rows(), columns, numeric::row_bytes(problem_.logits, tiling_.keys));
  }
  [[nodiscard]] std::int64_t logit_sums(const Work& work) const {
    return work.count % tiling_.buffers * sizes_.sums_of_logits;
  }
  [[nodiscard]] View sums_view(const Work& work) const {
    return lane_.sums(numeric::accumulator(problem_.query.type, problem_.key.type),
                      logit_sums(work), work.part.rows(), keys_.part(work.part, work.tile).count());
  }
  [[nodiscard]] View masked(const Work& work, View view) const {
    problem_.mask(work.part, keys_.part(work.part, work.tile), view);
    return view;
  }
  [[nodiscard]] std::int64_t result_address(const Work& work) const {
    return tiling_.buffers * sizes_.sums_of_logits +
           work.count % tiling_.buffers * sizes_.sums_of_results;
  }
  [[nodiscard]] View result_sums(const Work& work) const {
    return lane_.sums(numeric::info(problem_.logits).accumulator, result_address(work),
                      work.part.rows(), problem_.value.head_size);
  }

  const AttentionProblem& problem_;
  const OnePassTiling& tiling_;
  const OnePassBuffers& sizes_;
  AttentionLane lane_;
  std::int64_t parts_base_;
  std::int64_t weights_base_;
  AttentionTiles keys_;
  AttentionTiles values_;
};

base::Generator<Step> OnePassAttention::lane_steps(Emitter& emitter, std::int64_t lane) const {
  Lane state(*this, emitter, lane);
  std::optional<Lane::Work> previous;
  std::int64_t count = 0;
  const auto finish = [&] {
    if (previous) {
      state.gather(*previous);
    }
  };
  std::int64_t index = 0;
  for (auto block = blocks(emitter).block(problem_, lane, 0); block;
       block = blocks(emitter).block(problem_, lane, ++index)) {
    const std::int64_t parts = base::divide_up(block->tokens, tiling_.tokens);
    for (std::int64_t tile = state.first_tile(*block); tile < state.end_tile(*block); ++tile) {
      for (std::int64_t p = 0; p < parts; ++p) {
        const AttentionBlock part = state.part_of(*block, p);
        if (tile < state.first_tile(part) || tile >= state.end_tile(part)) {
          continue;
        }
        const Lane::Work work{*block,
                              part,
                              (index * tiling_.parts + p) % tiling_.part_slots(),
                              tile,
                              tile - state.first_tile(part),
                              count++,
                              tile + 1 == state.end_tile(part)};
        if (work.step == 0) {
          state.load_queries(part, work.slot);
        }
        state.logits(work);
        if (previous) {
          state.values(*previous);
        }
        // A part in the only buffers must be done before the next one begins.
        if (tiling_.buffers == 1) {
          finish();
        }
        state.weigh(work);
        if (tiling_.buffers > 1) {
          finish();
        }
        previous = work;
        co_yield Step{};
      }
    }
  }
  if (previous) {
    state.values(*previous);
    finish();
  }
  state.flush_stores();
  co_yield Step{};
}

base::Generator<Step> OnePassAttention::steps(Emitter& emitter) const {
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

void OnePassAttention::describe(command::LayerInfo& info) const {
  info.dataflow = problem_.dataflow.name();
  info.tiling = fmt::format(
      "one pass, row blocks of {} heads x {} tokens in {} parts, {} keys a tile, {} at a time",
      tiling_.heads, tiling_.tokens * tiling_.parts, tiling_.parts, tiling_.keys, tiling_.lanes);
  const std::int64_t most =
      std::max({tiling_.array_cycles, tiling_.vector_cycles, tiling_.memory_cycles});
  info.limited_by = most == tiling_.array_cycles    ? "array"
                    : most == tiling_.vector_cycles ? "vector unit"
                                                    : "memory";
}

std::string OnePassAttention::loop_nest() const {
  const workload::Attention& a = problem_.attributes;
  std::string text = AttentionAppend::loop_nest(problem_);
  text += fmt::format(
      "for row block in {} blocks of {} heads x {} tokens ({} lanes)\n",
      problem_.kv_heads() *
          AttentionBlocks{tiling_.heads, tiling_.tokens * tiling_.parts}.of_head(problem_),
      tiling_.heads, tiling_.tokens * tiling_.parts, tiling_.lanes);
  text += fmt::format("  load q ({} buffers of {} bytes)\n", tiling_.part_slots(), buffers_.query);
  text += fmt::format("  for key tile by {}{}\n", tiling_.keys,
                      a.causal ? ", those that some row sees" : "");
  text += fmt::format("    load keys, values ({} buffers of {} and {} bytes)\n", tiling_.buffers,
                      buffers_.key, buffers_.value);
  text += fmt::format("    for part of {} tokens\n", tiling_.tokens);
  text += fmt::format("      logits = q * keys^T, {} on array\n", problem_.dataflow.name());
  text += "      maximum' = max(maximum, logits * scale)\n";
  text += "      weights = exp(logits * scale - maximum')\n";
  text += "      correction = exp(maximum - maximum')\n";
  text += "      sum = sum * correction + sum of weights\n";
  text += "      result = result * correction + weights * values\n";
  text += "  result / sum; store\n";
  return text;
}

std::unique_ptr<Layer> plan_one_pass(const LayerRequest& request, const AttentionProblem& problem) {
  return plan_attention_form<OnePassAttention>(request, problem, choose_one_pass_tiling);
}

}  // namespace orrery::lowering
