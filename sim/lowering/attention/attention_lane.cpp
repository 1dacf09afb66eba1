// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention/attention_lane.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/integer.h"
#include "command/view.h"

namespace orrery::lowering {

using Keys = workload::Attention::Keys;

Keys AttentionTiles::part(const AttentionBlock& block, std::int64_t tile) const {
  return {std::max(block.keys.begin, tile * keys_), std::min(block.keys.end, (tile + 1) * keys_)};
}

std::int64_t AttentionTiles::load(Emitter& emitter, const AttentionBlock& block,
                                  std::int64_t tile) {
  const std::int64_t head = block.sequence * problem_.attributes.kv_heads + block.kv_head;
  if (head != head_) {
    head_ = head;
    first_tile_ = next_tile_;
    next_tile_ += base::divide_up(problem_.attributes.length(block.sequence), keys_);
  }
  const std::int64_t number = first_tile_ + tile;
  const Keys wanted = part(block, tile);
  const std::int64_t address =
      ring_.address(number) + (wanted.begin - tile * keys_) * operand_.head_bytes;
  // A tile that was loaded for a block that sees less of it is loaded again.
  if (ring_.claim(number, wanted.begin, wanted.end)) {
    emitter.load(
        operand_.move(block.sequence, block.kv_head, 1, wanted.begin, wanted.count(), address));
  }
  return address;
}

void AttentionLane::vector(const command::VectorCommand& command) {
  const std::size_t units = machine_.vector_units.size();
  const std::size_t own = lane_ < units ? (units - lane_ - 1) / lanes_ + 1 : 1;
  emitter_.vector((lane_ + next_unit_++ % own * lanes_) % units, command);
}

void AttentionLane::flush_stores() {
  if (deferred_) {
    emitter_.store(*deferred_);
    deferred_.reset();
  }
}

command::View AttentionLane::logits(const AttentionBlock& block, Keys part,
                                    std::int64_t query_address, std::int64_t key_address,
                                    std::int64_t sums_address) {
  const AttentionOperand& query = problem_.query;
  const AttentionOperand& key = problem_.key;
  command::ComputeTile compute;
  compute.dataflow = problem_.dataflow;
  compute.m = block.rows();
  compute.n = part.count();
  compute.k = query.head_size;
  compute.a = command::matrix_view(Emitter::scratchpad(), query.type, query_address, compute.m,
                                   compute.k, query.head_bytes);
  compute.b =
      command::matrix_view(Emitter::scratchpad(), key.type, key_address, compute.k, compute.n, 0);
  compute.b.row[0].stride_bits = compute.k == 1 ? 0 : numeric::bits(key.type);
  compute.b.column[0].stride_bits = compute.n == 1 ? 0 : key.head_bytes * 8;
  compute.c = sums(numeric::accumulator(query.type, key.type), sums_address, compute.m, compute.n);
  compute.macs_useful = problem_.pairs(block, part) * block.heads * compute.k;
  command::View result = compute.c;
  emitter_.compute(lane_, std::move(compute));
  return result;
}

void AttentionLane::values(const AttentionBlock& block, Keys part, command::View weights,
                           std::int64_t value_address, command::View sums, bool accumulate) {
  const AttentionOperand& value = problem_.value;
  command::ComputeTile compute;
  compute.dataflow = problem_.dataflow;
  compute.m = block.rows();
  compute.n = value.head_size;
  compute.k = part.count();
  compute.a = std::move(weights);
  compute.b = command::matrix_view(Emitter::scratchpad(), value.type, value_address, compute.k,
                                   compute.n, value.head_bytes);
  compute.c = std::move(sums);
  compute.accumulate = accumulate;
  compute.macs_useful = problem_.pairs(block, part) * block.heads * compute.n;
  emitter_.compute(lane_, std::move(compute));
}

command::View AttentionLane::sums(numeric::ElementType type, std::int64_t address,
                                  std::int64_t rows, std::int64_t columns) const {
  return command::matrix_view(emitter_.accumulators(lane_), type, address, rows, columns,
                              columns * kPartialSumBytes);
}

command::VectorCommand scale_logits(const AttentionProblem& problem, command::View sums,
                                    command::View destination, std::int64_t rows,
                                    std::int64_t columns) {
  command::VectorCommand scale;
  scale.rows = rows;
  scale.columns = columns;
  scale.source = std::move(sums);
  scale.stages.push_back({command::VectorKind::kScale, {}, {problem.attributes.scale}});
  scale.destination = std::move(destination);
  return scale;
}

void AttentionLane::write_out(const AttentionBlock& block, command::View sums,
                              std::int64_t buffer) {
  const AttentionOperand& output = problem_.output;
  command::VectorCommand copy;
  copy.rows = block.rows();
  copy.columns = output.head_size;
  copy.source = std::move(sums);
  copy.destination = command::matrix_view(Emitter::scratchpad(), output.type, buffer, copy.rows,
                                          copy.columns, output.head_bytes);
  vector(copy);
  defer_store(problem_.rows_move(output, block, buffer));
}

base::Generator<Step> lanes_in_turn(
    std::int64_t lanes, std::function<base::Generator<Step>(std::int64_t lane)> steps_of) {
  std::vector<base::Generator<Step>> under_way;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    under_way.push_back(steps_of(lane));
  }
  for (bool any = true; any;) {
    any = false;
    for (base::Generator<Step>& steps : under_way) {
      if (steps.next()) {
        any = true;
        co_yield Step{};
      }
    }
  }
}

}  // namespace orrery::lowering
