// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_one_pass_tiling.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/integer.h"
#include "lowering/machine/array_estimate.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/tiling/candidate_sizes.h"

namespace orrery::lowering {
namespace {

using base::divide_up;
using command::VectorKind;

constexpr std::int64_t kStateBytes = 4;  // fp32
constexpr std::int64_t kStates = 5;      // two maxima, two corrections, a sum

// A command of that shape, for its cycles only: operands count as if they had the source's shape.
command::VectorCommand command(std::int64_t rows, std::int64_t columns,
                               const std::vector<VectorKind>& kinds,
                               numeric::ElementType destination = numeric::ElementType::kFp32) {
  command::VectorCommand result;
  result.rows = rows;
  result.columns = columns;
  result.source.type = numeric::ElementType::kFp32;
  result.destination.type = destination;
  for (const VectorKind kind : kinds) {
    command::VectorStage stage{kind, {}, {}};
    stage.operand.type = numeric::ElementType::kFp32;
    result.stages.push_back(stage);
  }
  return result;
}

class OnePassEstimate {
 public:
  OnePassEstimate(const AttentionProblem& problem, const Machine& machine)
      : problem_(problem), machine_(machine) {}

  void fill(OnePassTiling& tiling) const {
    const Machine::Array& array = machine_.arrays.front();
    const std::int64_t tokens = tiling.tokens * tiling.parts;
    const std::int64_t keys = problem_.average_keys(std::min(tokens, query_length()));
    const std::int64_t tiles = divide_up(keys, tiling.keys);
    const std::int64_t width = std::min(keys, tiling.keys);
    const std::int64_t blocks = problem_.kv_heads() * divide_up(problem_.group(), tiling.heads) *
                                divide_up(query_length(), tokens);
    const std::int64_t steps =
        divide_up(blocks, tiling.lanes * machine_.partitions) * tiles * tiling.parts;
    const std::int64_t rows = tiling.rows();
    tiling.array_cycles =
        steps * (array_cycles(array, problem_.dataflow, {rows, width, problem_.key.head_size},
                              problem_.query.type, problem_.key.type) +
                 array_cycles(array, problem_.dataflow, {rows, problem_.value.head_size, width},
                              problem_.logits, problem_.value.type));
    tiling.vector_cycles = steps * sharing(tiling) * vector_step(rows, width);
    tiling.memory_cycles = problem_.memory_cycles(blocks * keys);
    const OnePassBuffers buffers(problem_, tiling);
    const std::int64_t step = (tiling.array_cycles + tiling.vector_cycles) / steps;
    // A buffer is loaded, used and free again; `buffers` of them take turns.
    const std::int64_t round = kLoadedLatency * problem_.key.tier->latency_cycles +
                               machine_.partitions * tiling.lanes *
                                   problem_.key.tier->cycles(buffers.key + buffers.value) +
                               tiling.parts * step;
    const std::int64_t edge = problem_.query.tier->cycles(buffers.query) +
                              problem_.key.tier->cycles(buffers.key) + step +
                              problem_.output.tier->cycles(buffers.result);
    tiling.estimate = std::max({tiling.array_cycles, tiling.vector_cycles, tiling.memory_cycles,
                                steps / tiling.parts * round / tiling.buffers}) +
                      edge;
  }

 private:
  [[nodiscard]] std::int64_t query_length() const { return problem_.attributes.query_length; }

  // Lanes that share a vector unit.
  [[nodiscard]] std::int64_t sharing(const OnePassTiling& tiling) const {
    const auto units = static_cast<std::int64_t>(machine_.vector_units.size());
    return divide_up(tiling.lanes, std::min(units, tiling.lanes));
  }

  // Of one part and one tile; docs/attention.md.
  [[nodiscard]] std::int64_t vector_step(std::int64_t rows, std::int64_t width) const {
    using enum VectorKind;
    const std::int64_t size = problem_.value.head_size;
    std::int64_t cycles = 0;
    for (const command::VectorCommand& one :
         {command(rows, width, {kScale, kReduceMaximum, kMaximum}),
          command(rows, width, {kScale, kSubtract, kExp}, problem_.logits),
          command(rows, 1, {kSubtract, kExp}), command(rows, 1, {kMultiply}),
          command(rows, width, {kReduceSum, kAdd}), command(rows, size, {kMultiply, kAdd})}) {
      cycles += vector_cycles(machine_.vector_units.front(), one);
    }
    return cycles;
  }

  const AttentionProblem& problem_;
  const Machine& machine_;
};

// Parts: all heads of a group with some tokens, or some heads with one token.
std::vector<OnePassTiling> row_blocks(const AttentionProblem& problem, std::int64_t edge) {
  std::vector<OnePassTiling> result;
  const auto add = [&](std::int64_t heads, std::int64_t tokens, std::int64_t parts) {
    OnePassTiling tiling;
    tiling.heads = heads;
    tiling.tokens = tokens;
    tiling.parts = parts;
    result.push_back(tiling);
  };
  const std::int64_t length = problem.attributes.query_length;
  for (const std::int64_t tokens : candidate_sizes(length, edge)) {
    for (std::int64_t parts = 1; parts == 1 || (parts - 1) * tokens < length; parts *= 2) {
      add(problem.group(), tokens, parts);
    }
  }
  for (const std::int64_t heads : candidate_sizes(problem.group(), 1)) {
    if (heads < problem.group()) {
      add(heads, 1, 1);
    }
  }
  return result;
}

}  // namespace

OnePassBuffers::OnePassBuffers(const AttentionProblem& problem, const OnePassTiling& tiling)
    : query(tiling.rows() * problem.query.head_bytes),
      state(tiling.rows() * kStateBytes),
      running(tiling.rows() * problem.value.head_size * kStateBytes),
      result(tiling.rows() * problem.output.head_bytes),
      weights(tiling.rows() * numeric::row_bytes(problem.logits, tiling.keys)),
      key(tiling.keys * problem.key.head_bytes),
      value(tiling.keys * problem.value.head_bytes),
      part(aligned_buffer(query) + kStates * aligned_buffer(state) + aligned_buffer(running) +
           aligned_buffer(result)),
      lane(tiling.part_slots() * part +
           tiling.buffers *
               (aligned_buffer(weights) + aligned_buffer(key) + aligned_buffer(value))),
      sums_of_logits(tiling.rows() * tiling.keys * kPartialSumBytes),
      sums_of_results(tiling.rows() * problem.value.head_size * kPartialSumBytes),
      accumulators(tiling.buffers * (sums_of_logits + sums_of_results)) {}

std::optional<OnePassTiling> choose_one_pass_tiling(const AttentionProblem& problem,
                                                    const Machine& machine,
                                                    std::int64_t scratchpad_bytes, int buffers) {
  const Machine::Array& array = machine.arrays.front();
  const OnePassEstimate estimate(problem, machine);
  const auto rank = [&](const OnePassTiling& t) {
    return std::make_tuple(t.estimate, -t.rows() * t.keys, OnePassBuffers(problem, t).lane);
  };
  std::optional<OnePassTiling> best;
  for (auto lanes = static_cast<std::int64_t>(machine.arrays.size()); lanes > 0 && !best;
       lanes /= 2) {
    for (OnePassTiling tiling : row_blocks(problem, array.rows)) {
      for (const std::int64_t keys : candidate_sizes(problem.length(), array.columns)) {
        tiling.keys = keys;
        tiling.lanes = lanes;
        tiling.buffers = buffers;
        const OnePassBuffers sizes(problem, tiling);
        if (lanes * sizes.lane > scratchpad_bytes || sizes.accumulators > array.accumulator_bytes) {
          break;  // more keys need more
        }
        estimate.fill(tiling);
        if (!best || rank(tiling) < rank(*best)) {
          best = tiling;
        }
      }
    }
  }
  return best;
}

}  // namespace orrery::lowering
