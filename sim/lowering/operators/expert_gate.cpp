// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/integer.h"
#include "command/view.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using command::VectorCommand;
using command::VectorKind;
using command::View;
using numeric::ElementType;

// Rows of a block: few enough that two vector units' worth of blocks exist for small steps too.
constexpr std::int64_t kBlockRows = 64;

// For each block of tokens: the softmax and, as hardware does it, one search for the maximum of
// each row for every expert that is chosen; then the chosen scores are put next to each other.
class ExpertGateLayer : public Layer {
 public:
  ExpertGateLayer(const LayerRequest& request, std::int64_t block_rows, int buffers)
      : machine_(request.machine),
        gate_(std::get<workload::ExpertGate>(request.op().attributes)),
        source_(request.op().inputs[0]),
        destination_(request.group.output),
        source_type_(request.input(0).type),
        destination_type_(request.output().type),
        experts_(request.input(0).shape.back()),
        rows_(request.input(0).elements() / experts_),
        block_rows_(block_rows) {
    slots_ =
        std::min<std::int64_t>(base::divide_up(rows_, block_rows_),
                               buffers * static_cast<std::int64_t>(machine_.vector_units.size()));
    base_ = request.scratchpad_base(scratchpad_bytes());
  }

  [[nodiscard]] std::int64_t scratchpad_bytes() const { return slots_ * slot_bytes(); }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    std::optional<TensorMove> deferred;  // given after the next block's loads
    std::int64_t block = 0;
    for (std::int64_t first = 0; first < rows_; first += block_rows_, ++block) {
      const std::int64_t rows = std::min(block_rows_, rows_ - first);
      const std::int64_t slot = base_ + block % slots_ * slot_bytes();
      emitter.load(move(source_, source_row(), slot, first, rows));
      if (deferred) {
        emitter.store(*deferred);
      }
      const auto unit = static_cast<std::size_t>(block) % machine_.vector_units.size();
      for (const VectorCommand& command : searches(slot, rows)) {
        emitter.vector(unit, command);
        co_yield Step{};
      }
      for (std::int64_t row = 0; row < rows; ++row) {
        for (const VectorCommand& command : picks(slot, first, row)) {
          emitter.vector(unit, command);
        }
        co_yield Step{};
      }
      if (gate_.normalized) {
        const View scores = result(slot, rows);
        emitter.vector(unit, softmax(scores, rows, gate_.experts_per_token));
      }
      deferred = move(destination_, result_row(), result_address(slot), first, rows);
      co_yield Step{};
    }
    emitter.store(*deferred);
    co_yield Step{};
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("{} rows of {}, {} of {} experts", block_rows_, rows_,
                              gate_.experts_per_token, experts_);
    info.limited_by = "vector unit";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format(
        "for block in {} blocks of {} rows\n  load logits\n{}  {} times: maximum of each row\n"
        "  for row in block: copy the scores of its experts\n{}  store scores\n",
        base::divide_up(rows_, block_rows_), block_rows_,
        gate_.normalized ? "" : "  softmax over all experts\n", gate_.experts_per_token,
        gate_.normalized ? "  softmax over the chosen\n" : "");
  }

 private:
  [[nodiscard]] std::int64_t source_row() const {
    return numeric::row_bytes(source_type_, experts_);
  }
  [[nodiscard]] std::int64_t result_row() const {
    return numeric::row_bytes(destination_type_, gate_.experts_per_token);
  }
  [[nodiscard]] std::int64_t maximum_row() const { return numeric::row_bytes(source_type_, 1); }
  // A slot holds the logits, the maxima and the scores of a block.
  [[nodiscard]] std::int64_t maximum_address(std::int64_t slot) const {
    return slot + aligned_buffer(block_rows_ * source_row());
  }
  [[nodiscard]] std::int64_t result_address(std::int64_t slot) const {
    return maximum_address(slot) + aligned_buffer(block_rows_ * maximum_row());
  }
  [[nodiscard]] std::int64_t slot_bytes() const {
    return result_address(0) + aligned_buffer(block_rows_ * result_row());
  }

  [[nodiscard]] static TensorMove move(workload::TensorId tensor, std::int64_t row_bytes,
                                       std::int64_t buffer, std::int64_t first, std::int64_t rows) {
    TensorMove result;
    result.tensor = tensor;
    result.tensor_offset = first * row_bytes;
    result.buffer = buffer;
    result.row_bytes = rows * row_bytes;
    return result;
  }

  [[nodiscard]] View logits(std::int64_t slot, std::int64_t rows) const {
    return command::matrix_view(Emitter::scratchpad(), source_type_, slot, rows, experts_,
                                source_row());
  }
  [[nodiscard]] View result(std::int64_t slot, std::int64_t rows) const {
    return command::matrix_view(Emitter::scratchpad(), destination_type_, result_address(slot),
                                rows, gate_.experts_per_token, result_row());
  }

  [[nodiscard]] static VectorCommand softmax(const View& view, std::int64_t rows,
                                             std::int64_t columns) {
    VectorCommand command;
    command.rows = rows;
    command.columns = columns;
    command.source = command.destination = view;
    command.stages.push_back({VectorKind::kSoftmax, {}, {static_cast<double>(columns), 0.0}});
    return command;
  }

  [[nodiscard]] std::vector<VectorCommand> searches(std::int64_t slot, std::int64_t rows) const {
    std::vector<VectorCommand> commands;
    if (!gate_.normalized) {
      commands.push_back(softmax(logits(slot, rows), rows, experts_));
    }
    VectorCommand search;
    search.rows = rows;
    search.columns = experts_;
    search.source = logits(slot, rows);
    search.stages.push_back({VectorKind::kReduceMaximum, {}, {}});
    search.destination = command::matrix_view(Emitter::scratchpad(), source_type_,
                                              maximum_address(slot), rows, 1, maximum_row());
    commands.insert(commands.end(), static_cast<std::size_t>(gate_.experts_per_token), search);
    return commands;
  }

  // Copies the chosen elements of one row: two at a time where the second stands behind the first,
  // because a view has one stride.
  [[nodiscard]] std::vector<VectorCommand> picks(std::int64_t slot, std::int64_t first,
                                                 std::int64_t row) const {
    const std::int64_t k = gate_.experts_per_token;
    const auto expert = [&](std::int64_t j) -> std::int64_t {
      return (*gate_.chosen)[static_cast<std::size_t>((first + row) * k + j)];
    };
    std::vector<VectorCommand> commands;
    for (std::int64_t j = 0; j < k;) {
      const std::int64_t count = j + 1 < k && expert(j + 1) > expert(j) ? 2 : 1;
      const std::int64_t source_bytes = numeric::bits(source_type_) / 8;
      const std::int64_t result_bytes = numeric::bits(destination_type_) / 8;
      VectorCommand pick;
      pick.rows = 1;
      pick.columns = count;
      pick.source =
          command::matrix_view(Emitter::scratchpad(), source_type_,
                               slot + row * source_row() + expert(j) * source_bytes, 1, count, 0);
      if (count == 2) {
        const std::int64_t distance = expert(j + 1) - expert(j);
        pick.source.column = {{2, distance * numeric::bits(source_type_), {0, 0}}};
      }
      pick.stages.push_back({VectorKind::kCopy, {}, {}});
      pick.destination = command::matrix_view(
          Emitter::scratchpad(), destination_type_,
          result_address(slot) + row * result_row() + j * result_bytes, 1, count, 0);
      commands.push_back(pick);
      j += count;
    }
    return commands;
  }

  const Machine& machine_;
  workload::ExpertGate gate_;
  workload::TensorId source_;
  workload::TensorId destination_;
  ElementType source_type_;
  ElementType destination_type_;
  std::int64_t experts_;
  std::int64_t rows_;
  std::int64_t block_rows_;
  std::int64_t slots_ = 1;
  std::int64_t base_ = 0;
};

}  // namespace

std::unique_ptr<Layer> plan_expert_gate(const LayerRequest& request) {
  for (const workload::Tensor* tensor : {&request.input(0), &request.output()}) {
    if (!numeric::fills_bytes(tensor->type)) {
      request.error(fmt::format("'{}' is {}", tensor->name, numeric::name(tensor->type)),
                    "logits and scores of at least 8 bits");
      return nullptr;
    }
  }
  const std::int64_t rows = request.input(0).elements() / request.input(0).shape.back();
  for (const LayerRequest::Budget& budget : request.budgets()) {
    for (std::int64_t block = std::min(rows, kBlockRows); block > 0; block /= 2) {
      auto layer = std::make_unique<ExpertGateLayer>(request, block, budget.buffers);
      if (layer->scratchpad_bytes() <= budget.bytes) {
        return layer;
      }
    }
  }
  request.error_too_small(ExpertGateLayer(request, 1, 1).scratchpad_bytes(),
                          "smallest block, one row,");
  return nullptr;
}

}  // namespace orrery::lowering
