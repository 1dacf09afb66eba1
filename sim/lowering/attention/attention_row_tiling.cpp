// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_row_tiling.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/machine/array_estimate.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/tiling/candidate_sizes.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

command::VectorCommand write_out(std::int64_t rows, std::int64_t columns,
                                 numeric::ElementType type) {
  command::VectorCommand command;
  command.rows = rows;
  command.columns = columns;
  command.source.type = numeric::ElementType::kFp32;
  command.destination.type = type;
  return command;
}

// Estimates one candidate by an average row block.
class AttentionEstimate {
 public:
  AttentionEstimate(const AttentionProblem& problem, const Machine& machine)
      : problem_(problem), machine_(machine) {}

  void fill(AttentionTiling& tiling) const {
    const workload::Attention& a = problem_.attributes;
    const std::int64_t blocks = problem_.batch * a.kv_heads *
                                divide_up(problem_.group(), tiling.heads) *
                                divide_up(a.query_length, tiling.tokens);
    const std::int64_t keys = problem_.average_keys(tiling.tokens);
    const std::int64_t rounds = divide_up(blocks, tiling.lanes * machine_.partitions);
    const Block block = block_cycles(tiling, keys);
    tiling.array_cycles = rounds * (block.logits_array + block.values_array);
    tiling.vector_cycles = rounds * (block.logits_vector + block.softmax);
    tiling.memory_cycles = memory_cycles_of(tiling, blocks, keys);
    const std::int64_t logits =
        std::max({block.logits_array, block.logits_vector, block.logits_rounds});
    const std::int64_t values = std::max(block.values_array, block.values_rounds);
    // With two blocks of logits, one block's values are summed while the next goes through softmax.
    const std::int64_t one_block =
        logits +
        (tiling.logits_slots > 1 ? std::max(block.softmax, values) : block.softmax + values);
    const AttentionBuffers buffers(problem_, tiling);
    const std::int64_t edge =
        problem_.query.tier->cycles(buffers.query) + problem_.key.tier->cycles(buffers.key) +
        array_drain_cycles(machine_.arrays.front()) + problem_.output.tier->cycles(buffers.result);
    tiling.estimate = std::max(rounds * one_block, tiling.memory_cycles) + edge;
  }

 private:
  // Cycles that one row block takes of each part of the machine.
  struct Block {
    std::int64_t logits_array = 0;
    std::int64_t logits_vector = 0;  // writing out and scaling
    std::int64_t logits_rounds = 0;  // loading, using and releasing the buffers of keys
    std::int64_t softmax = 0;        // and writing out the results
    std::int64_t values_array = 0;
    std::int64_t values_rounds = 0;
  };

  [[nodiscard]] Block block_cycles(const AttentionTiling& tiling, std::int64_t keys) const {
    const Machine::Array& array = machine_.arrays.front();
    const std::int64_t rows = tiling.rows();
    const std::int64_t tiles = divide_up(keys, tiling.keys);
    const std::int64_t last = keys - (tiles - 1) * tiling.keys;
    const auto logits = [&](std::int64_t count) {
      return array_cycles(array, problem_.dataflow, {rows, count, problem_.key.head_size},
                          problem_.query.type, problem_.key.type);
    };
    const auto values = [&](std::int64_t count) {
      return array_cycles(array, problem_.dataflow, {rows, problem_.value.head_size, count},
                          problem_.logits, problem_.value.type);
    };
    Block block;
    block.logits_array = (tiles - 1) * logits(tiling.keys) + logits(last);
    block.values_array = (tiles - 1) * values(tiling.keys) + values(last);
    if (!stays(tiling)) {
      block.logits_rounds = rounds_of(tiling, tiles, problem_.key, block.logits_array / tiles);
      block.values_rounds = rounds_of(tiling, tiles, problem_.value, block.values_array / tiles);
    }
    fill_vector(tiling, keys, tiles, block);
    return block;
  }

  void fill_vector(const AttentionTiling& tiling, std::int64_t keys, std::int64_t tiles,
                   Block& block) const {
    const Machine::VectorUnit& unit = machine_.vector_units.front();
    const auto units = static_cast<std::int64_t>(machine_.vector_units.size());
    const std::int64_t sharing = divide_up(tiling.lanes, std::min(units, tiling.lanes));
    command::VectorCommand softmax = write_out(tiling.rows(), keys, problem_.logits);
    softmax.source.type = problem_.logits;
    softmax.stages.push_back({command::VectorKind::kSoftmax, {}, {static_cast<double>(keys), 0.0}});
    block.logits_vector =
        sharing * tiles *
        vector_cycles(unit, write_out(tiling.rows(), std::min(tiling.keys, keys), problem_.logits));
    block.softmax =
        sharing * (vector_cycles(unit, softmax) +
                   vector_cycles(unit, write_out(tiling.rows(), problem_.output.head_size,
                                                 problem_.output.type)));
  }

  // A buffer is loaded, used and free again, one tile after the other; kv_slots of them take turns.
  [[nodiscard]] std::int64_t rounds_of(const AttentionTiling& tiling, std::int64_t tiles,
                                       const AttentionOperand& side,
                                       std::int64_t tile_cycles) const {
    const std::int64_t round =
        kLoadedLatency * side.tier->latency_cycles +

        machine_.partitions * tiling.lanes * side.tier->cycles(tiling.keys * side.head_bytes) +
        tile_cycles + array_drain_cycles(machine_.arrays.front());
    return tiles * round / tiling.kv_slots;
  }

  [[nodiscard]] bool stays(const AttentionTiling& tiling) const {
    return tiling.kv_slots >= divide_up(problem_.length(), tiling.keys);
  }

  [[nodiscard]] std::int64_t memory_cycles_of(const AttentionTiling& tiling, std::int64_t blocks,
                                              std::int64_t keys) const {
    const std::int64_t walks = stays(tiling) ? problem_.kv_heads() : blocks;
    return std::max(
        problem_.memory_cycles(stays(tiling) ? problem_.seen_keys() : blocks * keys),
        walks *
            (load_cycles(tiling, problem_.key, keys) + load_cycles(tiling, problem_.value, keys)) /
            machine_.load_transfers);
  }

  // Of the tiles of one walk over so many keys, each by itself: as long as a busy memory takes to
  // answer. The load engines have some of them under way at a time.
  [[nodiscard]] static std::int64_t load_cycles(const AttentionTiling& tiling,
                                                const AttentionOperand& side, std::int64_t keys) {
    return divide_up(keys, tiling.keys) *
           (kLoadedLatency * side.tier->latency_cycles +
            side.tier->cycles(std::min(keys, tiling.keys) * side.head_bytes));
  }

  const AttentionProblem& problem_;
  const Machine& machine_;
};

// Row blocks: all heads of a group with some tokens, or some heads with one token.
std::vector<AttentionTiling> row_blocks(const AttentionProblem& problem, std::int64_t edge) {
  std::vector<AttentionTiling> result;
  const auto add = [&](std::int64_t heads, std::int64_t tokens) {
    AttentionTiling tiling;
    tiling.heads = heads;
    tiling.tokens = tokens;
    result.push_back(tiling);
  };
  for (const std::int64_t tokens : candidate_sizes(problem.attributes.query_length, edge)) {
    add(problem.group(), tokens);
  }
  for (const std::int64_t heads : candidate_sizes(problem.group(), 1)) {
    if (heads < problem.group()) {
      add(heads, 1);
    }
  }
  return result;
}

}  // namespace

AttentionBuffers::AttentionBuffers(const AttentionProblem& problem, const AttentionTiling& tiling)
    : query(tiling.rows() * problem.query.head_bytes),
      key(tiling.keys * problem.key.head_bytes),
      value(tiling.keys * problem.value.head_bytes),
      logits_row(numeric::row_bytes(problem.logits, problem.most_keys(tiling.tokens))),
      logits(tiling.rows() * logits_row),
      result(tiling.rows() * problem.output.head_bytes),
      lane(tiling.buffers * (aligned_buffer(query) + aligned_buffer(result)) +
           tiling.kv_slots * (aligned_buffer(key) + aligned_buffer(value)) +
           tiling.logits_slots * aligned_buffer(logits)),
      sums_of_logits(tiling.rows() * tiling.keys * kPartialSumBytes),
      sums_of_results(tiling.rows() * problem.value.head_size * kPartialSumBytes),
      accumulators(tiling.buffers * (sums_of_logits + sums_of_results)) {}

std::optional<AttentionTiling> choose_attention_tiling(const AttentionProblem& problem,
                                                       const Machine& machine,
                                                       std::int64_t scratchpad_bytes, int buffers) {
  const Machine::Array& array = machine.arrays.front();
  const AttentionEstimate estimate(problem, machine);
  std::optional<AttentionTiling> best;
  for (auto lanes = static_cast<std::int64_t>(machine.arrays.size()); lanes > 0 && !best;
       lanes /= 2) {
    for (AttentionTiling tiling : row_blocks(problem, array.rows)) {
      for (const std::int64_t keys : candidate_sizes(problem.length(), array.columns)) {
        tiling.keys = keys;
        tiling.lanes = lanes;
        tiling.buffers = buffers;
        const std::int64_t tiles = divide_up(problem.length(), keys);
        // More than two, so that the tiles of several short heads are on their way.
        for (const std::int64_t kv_slots :
             {std::int64_t{buffers}, std::int64_t{2} * buffers, std::int64_t{4} * buffers,
              std::int64_t{8} * buffers, tiles}) {
          for (const std::int64_t logits_slots : {1, buffers}) {
            tiling.kv_slots = std::max<std::int64_t>(kv_slots, buffers);
            tiling.logits_slots = logits_slots;
            const AttentionBuffers sizes(problem, tiling);
            if (lanes * sizes.lane > scratchpad_bytes ||
                sizes.accumulators > array.accumulator_bytes) {
              continue;
            }
            estimate.fill(tiling);
            const auto rank = [](const AttentionTiling& t) {
              return std::make_tuple(t.estimate, -t.rows(), -t.keys);
            };
            if (!best || rank(tiling) < rank(*best)) {
              best = tiling;
            }
          }
        }
      }
    }
  }
  return best;
}

}  // namespace orrery::lowering
