// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/row_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/tiling/candidate_sizes.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

}  // namespace

RowLayer::RowLayer(const LayerRequest& request, RowProblem problem, std::int64_t block_rows,
                   int buffers)
    : machine_(request.machine),
      problem_(std::move(problem)),
      block_rows_(block_rows),
      buffers_(buffers) {
  for (const workload::TensorId input : problem_.inputs) {
    streams_.push_back(stream(request, input));
  }
  streams_.push_back(stream(request, problem_.output));
  for (const workload::TensorId constant : problem_.constants) {
    constants_.push_back(stream(request, constant));
  }
  base_ = request.scratchpad_base(scratchpad_bytes());
}

RowLayer::Stream RowLayer::stream(const LayerRequest& request, workload::TensorId tensor) const {
  const numeric::ElementType type = request.tensor(tensor).type;
  return {tensor, type, &request.tier(tensor), numeric::row_bytes(type, problem_.columns)};
}

std::int64_t RowLayer::blocks() const {
  return problem_.rows / problem_.group * divide_up(problem_.group, block_rows_);
}

std::int64_t RowLayer::own_blocks() const {
  return divide_up(blocks(), machine_.partitions);
}

std::int64_t RowLayer::slots() const {
  return std::min<std::int64_t>(own_blocks(),
                                buffers_ * static_cast<std::int64_t>(machine_.vector_units.size()));
}

std::int64_t RowLayer::slot_bytes(const Stream& stream) const {
  return aligned_buffer(block_rows_ * stream.row_bytes);
}

std::int64_t RowLayer::scratchpad_bytes() const {
  std::int64_t total = 0;
  for (const Stream& constant : constants_) {
    total += aligned_buffer(constant.row_bytes);
  }
  for (const Stream& stream : streams_) {
    total += slots() * slot_bytes(stream);
  }
  return total;
}

std::int64_t RowLayer::constant_address(std::size_t index) const {
  std::int64_t address = base_;
  for (std::size_t i = 0; i < index; ++i) {
    address += aligned_buffer(constants_[i].row_bytes);
  }
  return address;
}

std::int64_t RowLayer::stream_address(std::size_t index, std::int64_t block) const {
  std::int64_t address = constant_address(constants_.size());
  for (std::size_t i = 0; i < index; ++i) {
    address += slots() * slot_bytes(streams_[i]);
  }
  return address + block % slots() * slot_bytes(streams_[index]);
}

command::View RowLayer::view(const Stream& stream, std::int64_t address, std::int64_t rows) const {
  return problem_.flat ? command::matrix_view(Emitter::scratchpad(), stream.type, address, 1, rows,
                                              rows * stream.row_bytes)
                       : command::matrix_view(Emitter::scratchpad(), stream.type, address, rows,
                                              problem_.columns, stream.row_bytes);
}

TensorMove RowLayer::block_move(std::size_t index, std::int64_t block, std::int64_t first_row,
                                std::int64_t rows) const {
  const Stream& stream = streams_[index];
  TensorMove move;
  move.tensor = stream.tensor;
  move.tensor_offset = first_row * stream.row_bytes;
  move.buffer = stream_address(index, block);
  move.row_bytes = rows * stream.row_bytes;
  return move;
}

RowBlock RowLayer::row_block(std::int64_t block, std::int64_t first_row, std::int64_t rows) const {
  RowBlock result{first_row, rows, {}, {}, {}};
  const std::size_t inputs = problem_.inputs.size();
  for (std::size_t i = 0; i < inputs; ++i) {
    result.inputs.push_back(view(streams_[i], stream_address(i, block), rows));
  }
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    result.constants.push_back(command::matrix_view(
        Emitter::scratchpad(), constants_[i].type, constant_address(i), rows, problem_.columns, 0));
  }
  result.result = view(streams_[inputs], stream_address(inputs, block), rows);
  return result;
}

base::Generator<Step> RowLayer::steps(Emitter& emitter) const {
  if (emitter.partition() >= blocks()) {
    co_return;
  }
  for (std::size_t i = 0; i < constants_.size(); ++i) {
    TensorMove move;
    move.tensor = constants_[i].tensor;
    move.buffer = constant_address(i);
    move.row_bytes = constants_[i].row_bytes;
    emitter.load(move);
  }
  const std::size_t output = problem_.inputs.size();
  std::optional<TensorMove> deferred;  // given after the next block's loads
  std::int64_t block = 0;              // of the partition
  std::int64_t number = 0;             // of all
  for (std::int64_t group = 0; group < problem_.rows; group += problem_.group) {
    for (std::int64_t row = 0; row < problem_.group; row += block_rows_) {
      if (!emitter.takes(number++)) {
        continue;
      }
      const std::int64_t first = group + row;
      const std::int64_t rows = std::min(block_rows_, problem_.group - row);
      for (std::size_t i = 0; i < output; ++i) {
        emitter.load(block_move(i, block, first, rows));
      }
      if (deferred) {
        emitter.store(*deferred);
      }
      const auto unit = static_cast<std::size_t>(block) % machine_.vector_units.size();
      for (const command::VectorCommand& command :
           problem_.commands(row_block(block, first, rows))) {
        emitter.vector(unit, command);
        co_yield Step{};
      }
      deferred = block_move(output, block, first, rows);
      ++block;
    }
  }
  emitter.store(*deferred);
  co_yield Step{};
}

std::int64_t RowLayer::block_vector_cycles() const {
  std::int64_t cycles = 0;
  for (const command::VectorCommand& command : problem_.commands(row_block(0, 0, block_rows_))) {
    cycles += lowering::vector_cycles(machine_.vector_units.front(), command);
  }
  return cycles;
}

std::int64_t RowLayer::vector_cycles() const {
  return divide_up(own_blocks(), static_cast<std::int64_t>(machine_.vector_units.size())) *
         block_vector_cycles();
}

std::int64_t RowLayer::memory_cycles() const {
  std::map<const Machine::Tier*, std::int64_t> bytes;
  for (const Stream& stream : streams_) {
    bytes[stream.tier] += problem_.rows * stream.row_bytes;
  }
  std::int64_t most = 0;
  for (const auto& [tier, amount] : bytes) {
    most = std::max(most, tier->cycles(amount));
  }
  return most;
}

std::int64_t RowLayer::estimate() const {
  // A buffer is loaded, used and free again; slots() of them take turns.
  std::int64_t round = block_vector_cycles();
  std::int64_t latency = 0;
  for (const Stream& stream : streams_) {
    round += stream.tier->cycles(machine_.partitions * block_rows_ * stream.row_bytes);
    latency = std::max(latency, kLoadedLatency * stream.tier->latency_cycles);
  }
  round += latency;
  return std::max({memory_cycles(), vector_cycles(), own_blocks() * round / slots()}) + round;
}

void RowLayer::describe(command::LayerInfo& info) const {
  info.tiling = problem_.flat ? fmt::format("{} elements of {}", block_rows_, problem_.rows)
                              : fmt::format("{} rows of {}, {} columns", block_rows_, problem_.rows,
                                            problem_.columns);
  info.limited_by = vector_cycles() >= memory_cycles() ? "vector unit" : "memory";
}

std::string RowLayer::loop_nest() const {
  std::string text;
  if (!constants_.empty()) {
    text += fmt::format("load {} constant rows\n", constants_.size());
  }
  text += fmt::format("for block in {} blocks of {} {}\n", blocks(), block_rows_,
                      problem_.flat ? "elements" : "rows");
  text += fmt::format("  load {} inputs ({} buffers each)\n", problem_.inputs.size(), slots());
  text += fmt::format("  {} on vector unit (block mod {})\n  store\n", problem_.what,
                      machine_.vector_units.size());
  return text;
}

std::unique_ptr<Layer> find_rows(const LayerRequest& request, const RowProblem& problem) {
  for (const LayerRequest::Budget& budget : request.budgets()) {
    std::unique_ptr<RowLayer> best;
    for (const std::int64_t rows : candidate_sizes(problem.group, 3)) {
      auto layer = std::make_unique<RowLayer>(request, problem, rows, budget.buffers);
      if (layer->scratchpad_bytes() <= budget.bytes &&
          (!best || layer->estimate() < best->estimate())) {
        best = std::move(layer);
      }
    }
    if (best) {
      return best;
    }
  }
  return nullptr;
}

std::unique_ptr<Layer> plan_rows(const LayerRequest& request, const RowProblem& problem) {
  if (auto layer = find_rows(request, problem)) {
    return layer;
  }
  const RowLayer smallest(request, problem, 1, 1);
  request.error_too_small(smallest.scratchpad_bytes(), "smallest block, one row,");
  return nullptr;
}

}  // namespace orrery::lowering
