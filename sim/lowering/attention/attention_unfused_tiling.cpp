// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_unfused_tiling.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/integer.h"
#include "lowering/machine/array_estimate.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/tiling/candidate_sizes.h"

namespace orrery::lowering {
namespace {

using base::divide_up;
using numeric::ElementType;

command::VectorCommand command(std::int64_t rows, std::int64_t columns, ElementType source,
                               ElementType destination) {
  command::VectorCommand result;
  result.rows = rows;
  result.columns = columns;
  result.source.type = source;
  result.destination.type = destination;
  return result;
}

// Sums the three phases, each as long as its busiest part.
class UnfusedEstimate {
 public:
  UnfusedEstimate(const AttentionProblem& problem, const Machine& machine)
      : problem_(problem), machine_(machine) {}

  void fill(UnfusedTiling& tiling) const {
    const std::int64_t keys = problem_.average_keys(tiling.tokens);
    const std::int64_t blocks =
        problem_.kv_heads() * AttentionBlocks{tiling.heads, tiling.tokens, 1}.of_head(problem_);
    const std::int64_t rounds = divide_up(blocks, tiling.lanes * machine_.partitions);
    const std::int64_t tiles = divide_up(keys, tiling.keys);
    const std::int64_t width = std::min(keys, tiling.keys);
    const std::int64_t rows = tiling.rows();
    const std::int64_t logits =
        blocks * rows * numeric::row_bytes(problem_.logits, keys);  // bytes of one walk over all
    const bool stays = tiling.kv_slots >= divide_up(problem_.length(), tiling.keys);
    const std::int64_t loaded = stays ? problem_.all_keys() : blocks * keys;
    tiling.array_cycles = tiling.vector_cycles = tiling.memory_cycles = tiling.estimate = 0;

    const Machine::Array& array = machine_.arrays.front();
    add(tiling,
        rounds * tiles *
            array_cycles(array, problem_.dataflow, {rows, width, problem_.key.head_size},
                         problem_.query.type, problem_.key.type),
        rounds * tiles * unit(command(rows, width, ElementType::kFp32, problem_.logits)),
        problem_.query.tier->cycles(logits + loaded * problem_.key.head_bytes),
        rounds * round(tiling, tiles, problem_.key));
    command::VectorCommand softmax =
        command(tiling.softmax_rows(), keys, problem_.logits, problem_.logits);
    softmax.stages.push_back({command::VectorKind::kSoftmax, {}, {static_cast<double>(keys), 0.0}});
    const std::int64_t parts = divide_up(rows, tiling.softmax_rows());
    add(tiling, 0, rounds * parts * unit(softmax), problem_.query.tier->cycles(2 * logits),
        rounds * parts *
            (2 * kLoadedLatency * problem_.query.tier->latency_cycles + unit(softmax)) /
            tiling.buffers);
    add(tiling,
        rounds * tiles *
            array_cycles(array, problem_.dataflow, {rows, problem_.value.head_size, width},
                         problem_.logits, problem_.value.type),
        rounds *
            unit(command(rows, problem_.value.head_size, ElementType::kFp32, problem_.output.type)),
        problem_.query.tier->cycles(logits + loaded * problem_.value.head_bytes),
        rounds * round(tiling, tiles, problem_.value));
  }

 private:
  static void add(UnfusedTiling& tiling, std::int64_t array, std::int64_t vector,
                  std::int64_t memory, std::int64_t rounds) {
    tiling.array_cycles += array;
    tiling.vector_cycles += vector;
    tiling.memory_cycles += memory;
    tiling.estimate += std::max({array, vector, memory, rounds});
  }

  [[nodiscard]] std::int64_t unit(const command::VectorCommand& one) const {
    return vector_cycles(machine_.vector_units.front(), one);
  }

  // The tiles of a block through their buffers.
  [[nodiscard]] std::int64_t round(const UnfusedTiling& tiling, std::int64_t tiles,
                                   const AttentionOperand& side) const {
    const UnfusedBuffers sizes(problem_, tiling);
    return tiles *
           (kLoadedLatency * side.tier->latency_cycles +
            machine_.partitions * tiling.lanes *
                side.tier->cycles(sizes.tile + tiling.keys * side.head_bytes)) /
           tiling.buffers;
  }

  const AttentionProblem& problem_;
  const Machine& machine_;
};

using Rows = std::pair<std::int64_t, std::int64_t>;  // heads and tokens

// All heads with some tokens, or some heads with one token.
std::vector<Rows> row_blocks(std::int64_t heads, std::int64_t tokens, std::int64_t edge) {
  std::vector<Rows> result;
  for (const std::int64_t some : candidate_sizes(tokens, edge)) {
    result.emplace_back(heads, some);
  }
  for (const std::int64_t some : candidate_sizes(heads, 1)) {
    if (some < heads) {
      result.emplace_back(some, 1);
    }
  }
  return result;
}

// The most rows of a block whose softmax fits.
bool fit_softmax(const AttentionProblem& problem, UnfusedTiling& tiling, std::int64_t bytes) {
  const std::int64_t row = numeric::row_bytes(problem.logits, problem.most_keys(tiling.tokens));
  const std::int64_t most = bytes / tiling.buffers / kBufferAlignment * kBufferAlignment / row;
  if (most < 1) {
    return false;
  }
  tiling.softmax_tokens = std::min(tiling.tokens, most);
  tiling.softmax_heads = std::min(tiling.heads, most / tiling.softmax_tokens);
  return true;
}

}  // namespace

UnfusedBuffers::UnfusedBuffers(const AttentionProblem& problem, const UnfusedTiling& tiling)
    : query(tiling.rows() * problem.query.head_bytes),
      result(tiling.rows() * problem.output.head_bytes),
      tile_row(numeric::row_bytes(problem.logits, tiling.keys)),
      tile(tiling.rows() * tile_row),
      softmax_row(numeric::row_bytes(problem.logits, problem.most_keys(tiling.tokens))),
      softmax(tiling.softmax_rows() * softmax_row),
      key(tiling.keys * problem.key.head_bytes),
      value(tiling.keys * problem.value.head_bytes),
      lane(std::max({tiling.buffers * (aligned_buffer(query) + aligned_buffer(tile)) +
                         tiling.kv_slots * aligned_buffer(key),
                     tiling.buffers * aligned_buffer(softmax),
                     tiling.buffers * (aligned_buffer(result) + aligned_buffer(tile)) +
                         tiling.kv_slots * aligned_buffer(value)})),
      sums_of_logits(tiling.rows() * tiling.keys * kPartialSumBytes),
      sums_of_results(tiling.rows() * problem.value.head_size * kPartialSumBytes),
      accumulators(tiling.buffers * std::max(sums_of_logits, sums_of_results)) {}

std::optional<UnfusedTiling> choose_unfused_tiling(const AttentionProblem& problem,
                                                   const Machine& machine,
                                                   std::int64_t scratchpad_bytes, int buffers) {
  const Machine::Array& array = machine.arrays.front();
  const UnfusedEstimate estimate(problem, machine);
  const auto rank = [&](const UnfusedTiling& t) {
    return std::make_tuple(t.estimate, -t.rows() * t.keys, UnfusedBuffers(problem, t).lane);
  };
  std::optional<UnfusedTiling> best;
  for (auto lanes = static_cast<std::int64_t>(machine.arrays.size()); lanes > 0 && !best;
       lanes /= 2) {
    for (const auto& [heads, tokens] :
         row_blocks(problem.group(), problem.attributes.query_length, array.rows)) {
      for (const std::int64_t keys : candidate_sizes(problem.length(), array.columns)) {
        const std::int64_t tiles = divide_up(problem.length(), keys);
        for (const std::int64_t slots : {static_cast<std::int64_t>(buffers), tiles}) {
          UnfusedTiling tiling;
          tiling.heads = heads;
          tiling.tokens = tokens;
          tiling.keys = keys;
          tiling.lanes = lanes;
          tiling.buffers = buffers;
          tiling.kv_slots = std::max<std::int64_t>(slots, buffers);
          if (!fit_softmax(problem, tiling, scratchpad_bytes / lanes)) {
            continue;
          }
          const UnfusedBuffers sizes(problem, tiling);
          if (lanes * sizes.lane > scratchpad_bytes ||
              sizes.accumulators > array.accumulator_bytes) {
            continue;
          }
          estimate.fill(tiling);
          if (!best || rank(tiling) < rank(*best)) {
            best = tiling;
          }
        }
      }
    }
  }
  return best;
}

}  // namespace orrery::lowering
