// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/integer.h"
#include "command/view.h"

namespace orrery::lowering {

using command::View;
using numeric::ElementType;

namespace {

using base::divide_up;

}  // namespace

AttentionLayer::AttentionLayer(const LayerRequest& request, const AttentionProblem& problem,
                               const AttentionTiling& tiling, std::int64_t append_heads,
                               std::int64_t append_tokens)
    : machine_(request.machine),
      problem_(problem),
      tiling_(tiling),
      buffers_(problem_, tiling_),
      query_(request.op().inputs[0]),
      new_key_(request.op().inputs[1]),
      new_value_(request.op().inputs[2]),
      key_(request.op().inputs[3]),
      value_(request.op().inputs[4]),
      output_(request.group.output),
      append_heads_(append_heads),
      append_tokens_(append_tokens) {
  base_ = request.scratchpad_base(
      std::max(tiling_.lanes * buffers_.lane,
               append_bytes(problem_, append_heads_, append_tokens_, tiling_.buffers)));
}

std::int64_t AttentionLayer::append_bytes(const AttentionProblem& problem, std::int64_t heads,
                                          std::int64_t tokens, std::int64_t buffers) {
  const auto bytes = [&](ElementType from, ElementType to) {
    const std::int64_t loaded = aligned_buffer(heads * tokens * problem.bytes_of_head(from));
    const std::int64_t converted =
        from == to ? 0 : aligned_buffer(heads * tokens * problem.bytes_of_head(to));
    return loaded + converted;
  };
  return buffers *
         std::max(bytes(problem.new_key, problem.key), bytes(problem.new_value, problem.value));
}

base::Generator<Step> AttentionLayer::append(Emitter& emitter) const {
  struct Side {
    workload::TensorId from, to;
    ElementType from_type, to_type;
  };
  const workload::Attention& a = problem_.attributes;
  const Side sides[] = {{new_key_, key_, problem_.new_key, problem_.key},
                        {new_value_, value_, problem_.new_value, problem_.value}};
  const std::int64_t slot_bytes = append_bytes(problem_, append_heads_, append_tokens_, 1);
  std::int64_t block = 0;
  for (std::int64_t sequence = 0; sequence < problem_.batch; ++sequence) {
    for (const Side& side : sides) {
      for (std::int64_t head = 0; head < a.kv_heads; head += append_heads_) {
        for (std::int64_t token = 0; token < a.query_length; token += append_tokens_, ++block) {
          const std::int64_t heads = std::min(append_heads_, a.kv_heads - head);
          const std::int64_t tokens = std::min(append_tokens_, a.query_length - token);
          const std::int64_t from_bytes = problem_.bytes_of_head(side.from_type);
          const std::int64_t to_bytes = problem_.bytes_of_head(side.to_type);
          TensorMove load;
          load.tensor = side.from;
          load.tensor_offset =
              ((sequence * a.query_length + token) * a.kv_heads + head) * from_bytes;
          load.tensor_stride = {0, from_bytes, a.kv_heads * from_bytes};
          load.buffer = base_ + block % tiling_.buffers * slot_bytes;
          load.buffer_stride = {0, tokens * from_bytes, from_bytes};
          load.count = {1, heads, tokens};
          load.row_bytes = from_bytes;
          emitter.load(load);
          TensorMove store = load;
          if (side.from_type != side.to_type) {
            store.buffer += aligned_buffer(append_heads_ * append_tokens_ * from_bytes);
            command::VectorCommand convert;
            convert.rows = heads * tokens;
            convert.columns = a.head_size;
            convert.source =
                command::matrix_view(Emitter::scratchpad(), side.from_type, load.buffer,
                                     convert.rows, convert.columns, from_bytes);
            convert.destination =
                command::matrix_view(Emitter::scratchpad(), side.to_type, store.buffer,
                                     convert.rows, convert.columns, to_bytes);
            emitter.vector(static_cast<std::size_t>(block) % machine_.vector_units.size(), convert);
          }
          store.tensor = side.to;
          store.tensor_offset =
              ((sequence * a.kv_heads + head) * problem_.length() + a.past_length + token) *
              to_bytes;
          store.tensor_stride = {0, problem_.length() * to_bytes, to_bytes};
          store.buffer_stride = {0, tokens * to_bytes, to_bytes};
          store.row_bytes = to_bytes;
          emitter.store(store);
          co_yield Step{};
        }
      }
    }
  }
}

std::int64_t AttentionLayer::blocks_of_head() const {
  return divide_up(problem_.group(), tiling_.heads) *
         divide_up(problem_.attributes.query_length, tiling_.tokens);
}

// A lane keeps to its heads, so that keys and values that stay in their buffers serve all row
// blocks of a head. Only where there are fewer heads than lanes are the row blocks dealt out.
std::optional<AttentionLayer::RowBlock> AttentionLayer::row_block(std::int64_t lane,
                                                                  std::int64_t i) const {
  const workload::Attention& a = problem_.attributes;
  const std::int64_t heads = problem_.batch * a.kv_heads;
  std::int64_t head = 0;
  std::int64_t part = 0;
  if (heads >= tiling_.lanes) {
    head = lane + i / blocks_of_head() * tiling_.lanes;
    part = i % blocks_of_head();
  } else {
    const std::int64_t index = lane + i * tiling_.lanes;
    head = index / blocks_of_head();
    part = index % blocks_of_head();
  }
  if (head >= heads) {
    return std::nullopt;
  }
  const std::int64_t token_blocks = divide_up(a.query_length, tiling_.tokens);
  RowBlock block;
  block.sequence = head / a.kv_heads;
  block.kv_head = head % a.kv_heads;
  block.first_head = part / token_blocks * tiling_.heads;
  block.heads = std::min(tiling_.heads, problem_.group() - block.first_head);
  block.first_token = part % token_blocks * tiling_.tokens;
  block.tokens = std::min(tiling_.tokens, a.query_length - block.first_token);
  block.keys = problem_.visible(block.first_token, block.tokens);
  return block;
}

// What one array and its vector units do.
class AttentionLayer::Lane {
 public:
  Lane(const AttentionLayer& layer, Emitter& emitter, std::int64_t lane)
      : layer_(layer),
        problem_(layer.problem_),
        tiling_(layer.tiling_),
        sizes_(layer.buffers_),
        emitter_(emitter),
        lane_(static_cast<std::size_t>(lane)),
        query_base_(layer.base_ + lane * sizes_.lane),
        result_base_(query_base_ + tiling_.buffers * aligned_buffer(sizes_.query)),
        logits_base_(result_base_ + tiling_.buffers * aligned_buffer(sizes_.result)),
        keys_(logits_base_ + tiling_.logits_slots * aligned_buffer(sizes_.logits),
              aligned_buffer(sizes_.key), tiling_.kv_slots),
        values_(logits_base_ + tiling_.logits_slots * aligned_buffer(sizes_.logits) +
                    tiling_.kv_slots * aligned_buffer(sizes_.key),
                aligned_buffer(sizes_.value), tiling_.kv_slots) {}

  [[nodiscard]] std::int64_t tiles(const RowBlock& block) const {
    return divide_up(block.keys, tiling_.keys);
  }

  void load_queries(const RowBlock& block, std::int64_t index) {
    emitter_.load(rows_move(block, layer_.query_, problem_.query,
                            query_base_ + index % tiling_.buffers * aligned_buffer(sizes_.query)));
  }

  // Logits of one tile of keys, scaled, into the block's row of logits.
  void logits_tile(const RowBlock& block, std::int64_t index, std::int64_t tile) {
    const std::int64_t first = tile * tiling_.keys;
    const std::int64_t count = std::min(tiling_.keys, block.keys - first);
    const std::int64_t key_bytes = problem_.bytes_of_head(problem_.key);
    load_cached(layer_.key_, key_bytes, block, tile, count, keys_);
    flush_stores();
    command::ComputeTile compute;
    compute.dataflow = problem_.dataflow;
    compute.m = block.rows();
    compute.n = count;
    compute.k = problem_.attributes.head_size;
    compute.a =
        command::matrix_view(Emitter::scratchpad(), problem_.query,
                             query_base_ + index % tiling_.buffers * aligned_buffer(sizes_.query),
                             compute.m, compute.k, problem_.bytes_of_head(problem_.query));
    compute.b = command::matrix_view(Emitter::scratchpad(), problem_.key,
                                     keys_.address(cache_tile(block, tile)), compute.k, count, 0);
    compute.b.row[0].stride_bits = compute.k == 1 ? 0 : numeric::bits(problem_.key);
    compute.b.column[0].stride_bits = count == 1 ? 0 : key_bytes * 8;
    compute.c = sums(problem_.query, logit_tiles_ % tiling_.buffers * sizes_.sums_of_logits,
                     compute.m, count);
    compute.macs_useful = pairs(block, first, count) * block.heads * compute.k;
    emitter_.compute(lane_, compute);
    ++logit_tiles_;

    command::VectorCommand scale;
    scale.rows = compute.m;
    scale.columns = count;
    scale.source = compute.c;
    scale.stages.push_back({command::VectorKind::kScale, {}, {problem_.attributes.scale}});
    scale.destination = logits(index, 0, compute.m, first, count);
    emitter_.vector(next_unit(), scale);
  }

  void softmax(const RowBlock& block, std::int64_t index) {
    if (!problem_.attributes.causal || block.tokens == 1) {
      emitter_.vector(next_unit(), softmax_in_place(logits(index, 0, block.rows(), 0, block.keys),
                                                    block.rows(), block.keys, block.keys, 0));
      return;
    }
    for (std::int64_t head = 0; head < block.heads; ++head) {
      const View view = logits(index, head * block.tokens, block.tokens, 0, block.keys);
      emitter_.vector(next_unit(), softmax_in_place(view, block.tokens, block.keys,
                                                    problem_.visible(block.first_token, 1), 1));
    }
  }

  // Adds the values of one tile, weighted, to the block's sums.
  void values_tile(const RowBlock& block, std::int64_t index, std::int64_t tile) {
    const std::int64_t first = tile * tiling_.keys;
    const std::int64_t count = std::min(tiling_.keys, block.keys - first);
    const std::int64_t value_bytes = problem_.bytes_of_head(problem_.value);
    load_cached(layer_.value_, value_bytes, block, tile, count, values_);
    flush_stores();
    command::ComputeTile compute;
    compute.dataflow = problem_.dataflow;
    compute.m = block.rows();
    compute.n = problem_.attributes.head_size;
    compute.k = count;
    compute.a = logits(index, 0, compute.m, first, count);
    compute.b = command::matrix_view(Emitter::scratchpad(), problem_.value,
                                     values_.address(cache_tile(block, tile)), count, compute.n,
                                     value_bytes);
    compute.c = result_sums(block, index);
    compute.accumulate = tile > 0;
    compute.macs_useful = pairs(block, first, count) * block.heads * compute.n;
    emitter_.compute(lane_, compute);
  }

  void write_out(const RowBlock& block, std::int64_t index) {
    const std::int64_t buffer =
        result_base_ + index % tiling_.buffers * aligned_buffer(sizes_.result);
    command::VectorCommand copy;
    copy.rows = block.rows();
    copy.columns = problem_.attributes.head_size;
    copy.source = result_sums(block, index);
    copy.destination =
        command::matrix_view(Emitter::scratchpad(), problem_.output, buffer, copy.rows,
                             copy.columns, problem_.bytes_of_head(problem_.output));
    emitter_.vector(next_unit(), copy);
    deferred_ = rows_move(block, layer_.output_, problem_.output, buffer);
  }

  // A store waits until the next loads have been given.
  void flush_stores() {
    if (deferred_) {
      emitter_.store(*deferred_);
      deferred_.reset();
    }
  }

 private:
  // Rows (head, token) of [sequence, token, heads * head_size] and their buffer.
  [[nodiscard]] TensorMove rows_move(const RowBlock& block, workload::TensorId tensor,
                                     ElementType type, std::int64_t buffer) const {
    const workload::Attention& a = problem_.attributes;
    const std::int64_t bytes = problem_.bytes_of_head(type);
    const std::int64_t head = block.kv_head * problem_.group() + block.first_head;
    TensorMove move;
    move.tensor = tensor;
    move.tensor_offset =
        ((block.sequence * a.query_length + block.first_token) * a.heads + head) * bytes;
    move.tensor_stride = {0, bytes, a.heads * bytes};
    move.buffer = buffer;
    move.buffer_stride = {0, block.tokens * bytes, bytes};
    move.count = {1, block.heads, block.tokens};
    move.row_bytes = bytes;
    return move;
  }

  // Tiles of all heads of all sequences, numbered.
  [[nodiscard]] std::int64_t cache_tile(const RowBlock& block, std::int64_t tile) const {
    return (block.sequence * problem_.attributes.kv_heads + block.kv_head) *
               divide_up(problem_.length(), tiling_.keys) +
           tile;
  }

  void load_cached(workload::TensorId tensor, std::int64_t bytes, const RowBlock& block,
                   std::int64_t tile, std::int64_t count, SlotRing& ring) {
    // A tile that was loaded for a block that sees fewer keys of it is loaded again.
    if (!ring.claim(cache_tile(block, tile), count)) {
      return;
    }
    const std::int64_t head = block.sequence * problem_.attributes.kv_heads + block.kv_head;
    TensorMove move;
    move.tensor = tensor;
    move.tensor_offset = (head * problem_.length() + tile * tiling_.keys) * bytes;
    move.buffer = ring.address(cache_tile(block, tile));
    move.row_bytes = count * bytes;
    emitter_.load(move);
  }

  // Pairs of a token of the block and a key of [first, first + count) that it sees.
  [[nodiscard]] std::int64_t pairs(const RowBlock& block, std::int64_t first,
                                   std::int64_t count) const {
    std::int64_t total = 0;
    for (std::int64_t token = 0; token < block.tokens; ++token) {
      const std::int64_t seen = problem_.visible(block.first_token + token, 1);
      total += std::clamp<std::int64_t>(seen - first, 0, count);
    }
    return total;
  }

  [[nodiscard]] View logits(std::int64_t index, std::int64_t first_row, std::int64_t rows,
                            std::int64_t first_key, std::int64_t keys) const {
    return command::matrix_view(
        Emitter::scratchpad(), problem_.logits,
        logits_base_ + index % tiling_.logits_slots * aligned_buffer(sizes_.logits) +
            first_row * sizes_.logits_row + first_key * numeric::bits(problem_.logits) / 8,
        rows, keys, sizes_.logits_row);
  }

  [[nodiscard]] View sums(ElementType operand, std::int64_t address, std::int64_t rows,
                          std::int64_t columns) const {
    return command::matrix_view(emitter_.accumulators(lane_), numeric::info(operand).accumulator,
                                address, rows, columns, columns * kPartialSumBytes);
  }
  [[nodiscard]] View result_sums(const RowBlock& block, std::int64_t index) const {
    return sums(
        problem_.logits,
        tiling_.buffers * sizes_.sums_of_logits + index % tiling_.buffers * sizes_.sums_of_results,
        block.rows(), problem_.attributes.head_size);
  }

  // The units of this lane in turn: lane, lane + lanes, ...
  [[nodiscard]] std::size_t next_unit() {
    const std::size_t units = layer_.machine_.vector_units.size();
    const auto lanes = static_cast<std::size_t>(tiling_.lanes);
    const std::size_t own = lane_ < units ? (units - lane_ - 1) / lanes + 1 : 1;
    return (lane_ + next_unit_++ % own * lanes) % units;
  }

  const AttentionLayer& layer_;
  const AttentionProblem& problem_;
  const AttentionTiling& tiling_;
  const AttentionBuffers& sizes_;
  Emitter& emitter_;
  std::size_t lane_;
  std::int64_t query_base_;
  std::int64_t result_base_;
  std::int64_t logits_base_;
  SlotRing keys_;
  SlotRing values_;
  std::int64_t logit_tiles_ = 0;
  std::size_t next_unit_ = 0;
  std::optional<TensorMove> deferred_;
};

// Where two blocks of logits fit, the logits of a block are made before the values of the block
// before it are summed: the array has work while a block goes through softmax.
base::Generator<Step> AttentionLayer::lane_steps(Emitter& emitter, std::int64_t lane) const {
  Lane state(*this, emitter, lane);
  const bool ahead = tiling_.logits_slots > 1;
  std::optional<RowBlock> current;
  std::optional<RowBlock> previous;
  std::int64_t index = 0;
  do {
    previous = current;
    current = row_block(lane, index);
    if (current) {
      state.load_queries(*current, index);
      for (std::int64_t tile = 0; tile < state.tiles(*current); ++tile) {
        state.logits_tile(*current, index, tile);
        co_yield Step{};
      }
      state.softmax(*current, index);
      co_yield Step{};
    }
    const std::optional<RowBlock>& ready = ahead ? previous : current;
    const std::int64_t ready_index = ahead ? index - 1 : index;
    if (ready) {
      for (std::int64_t tile = 0; tile < state.tiles(*ready); ++tile) {
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

base::Generator<Step> AttentionLayer::steps(Emitter& emitter) const {
  auto appending = append(emitter);
  while (appending.next()) {
    co_yield Step{};
  }
  std::vector<base::Generator<Step>> lanes;
  for (std::int64_t lane = 0; lane < tiling_.lanes; ++lane) {
    lanes.push_back(lane_steps(emitter, lane));
  }
  // A step of each in turn, so that their commands reach the arrays side by side.
  for (bool any = true; any;) {
    any = false;
    for (base::Generator<Step>& lane : lanes) {
      if (lane.next()) {
        any = true;
        co_yield Step{};
      }
    }
  }
}

void AttentionLayer::describe(command::LayerInfo& info) const {
  info.dataflow = problem_.dataflow.name();
  info.tiling = fmt::format("row blocks of {} heads x {} tokens, {} keys a tile, {} at a time",
                            tiling_.heads, tiling_.tokens, tiling_.keys, tiling_.lanes);
  const std::int64_t most =
      std::max({tiling_.array_cycles, tiling_.vector_cycles, tiling_.memory_cycles});
  info.limited_by = most == tiling_.array_cycles    ? "array"
                    : most == tiling_.vector_cycles ? "vector unit"
                                                    : "memory";
}

std::string AttentionLayer::loop_nest() const {
  const workload::Attention& a = problem_.attributes;
  std::string text;
  text += fmt::format("for sequence in {}: append {} new keys and values of {} heads\n",
                      problem_.batch, a.query_length, a.kv_heads);
  text += fmt::format("for row block in {} blocks of {} heads x {} tokens ({} lanes)\n",
                      problem_.batch * a.kv_heads * blocks_of_head(), tiling_.heads, tiling_.tokens,
                      tiling_.lanes);
  text += fmt::format("  load q ({} buffers of {} bytes)\n", tiling_.buffers, buffers_.query);
  text += fmt::format("  for key tile by {}{}\n", tiling_.keys,
                      a.causal ? ", those that some row sees" : "");
  text += fmt::format("    load keys ({} buffers of {} bytes)\n", tiling_.kv_slots, buffers_.key);
  text += fmt::format("    logits = q * keys^T, {} on array; * scale\n",
                      problem_.dataflow.name());
  text += fmt::format("  softmax of each row{}\n", a.causal ? ", causal" : "");
  text += fmt::format("  for key tile by {}\n    load values\n    sums += weights * values\n",
                      tiling_.keys);
  text += "  write out sums; store\n";
  return text;
}

}  // namespace orrery::lowering
