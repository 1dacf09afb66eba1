// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/random.h"
#include "command/view.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

// What becomes of one row of the output: the updates that it takes, in their order.
using RowUpdates = std::map<std::int64_t, std::vector<std::int64_t>>;

// Blocks of rows of x are loaded, the updates of each row put over them or added, and stored, so
// that each row is written once.
class ScatterLayer : public Layer {
 public:
  struct Problem {
    workload::TensorId x = workload::kNoTensor;
    workload::TensorId updates = workload::kNoTensor;
    workload::TensorId output = workload::kNoTensor;
    numeric::ElementType type = numeric::ElementType::kFp16;
    std::int64_t rows = 1;
    std::int64_t row_bytes = 1;
    std::int64_t last_dimension = 1;  // elements that one filled-up row of the tensor has
    std::int64_t inner = 1;           // such rows in one row of the scatter
    bool accumulate = false;
    RowUpdates by_row;
  };

  ScatterLayer(const LayerRequest& request, Problem problem, std::int64_t block_rows, int buffers)
      : machine_(request.machine),
        problem_(std::move(problem)),
        block_rows_(block_rows),
        buffers_(buffers),
        base_(request.scratchpad_base(
            bytes(problem_, block_rows, buffers, machine_.vector_units.size()))) {}

  [[nodiscard]] static std::int64_t bytes(const Problem& problem, std::int64_t block_rows,
                                          int buffers, std::size_t units) {
    const std::int64_t update = problem.accumulate ? aligned_buffer(problem.row_bytes) : 0;
    return buffers * static_cast<std::int64_t>(units) *
           (aligned_buffer(block_rows * problem.row_bytes) + update);
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    const auto units = static_cast<std::int64_t>(machine_.vector_units.size());
    const std::int64_t slots = buffers_ * units;
    const std::int64_t block_bytes = aligned_buffer(block_rows_ * problem_.row_bytes);
    std::int64_t block = 0;
    std::int64_t added = 0;  // updates so far
    for (std::int64_t first = 0; first < problem_.rows; first += block_rows_, ++block) {
      const std::int64_t rows = std::min(block_rows_, problem_.rows - first);
      const std::int64_t buffer = base_ + block % slots * block_bytes;
      load_rows(emitter, first, rows, buffer);
      if (problem_.accumulate) {
        for (auto row = problem_.by_row.lower_bound(first);
             row != problem_.by_row.end() && row->first < first + rows; ++row) {
          for (const std::int64_t update : row->second) {
            const std::int64_t from =
                base_ + slots * block_bytes + added++ % slots * aligned_buffer(problem_.row_bytes);
            emitter.load(move(problem_.updates, update, 1, from));
            emitter.vector(static_cast<std::size_t>(block % units),
                           addition(buffer + (row->first - first) * problem_.row_bytes, from));
            co_yield Step{};
          }
        }
      }
      emitter.store(move(problem_.output, first, rows, buffer));
      co_yield Step{};
    }
  }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("{} rows of {}", block_rows_, problem_.rows);
    info.limited_by = "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format("for block of {} rows of {}\n  load rows; {} updates\n  store block\n",
                       block_rows_, problem_.rows, problem_.accumulate ? "add" : "or load their");
  }

 private:
  [[nodiscard]] TensorMove move(workload::TensorId tensor, std::int64_t row, std::int64_t rows,
                                std::int64_t buffer) const {
    TensorMove result;
    result.tensor = tensor;
    result.tensor_offset = row * problem_.row_bytes;
    result.buffer = buffer;
    result.row_bytes = rows * problem_.row_bytes;
    return result;
  }

  // Rows that an update replaces come from the last one; the others, in stretches, from x.
  void load_rows(Emitter& emitter, std::int64_t first, std::int64_t rows,
                 std::int64_t buffer) const {
    std::int64_t next = first;
    const auto load_until = [&](std::int64_t end) {
      if (next < end) {
        emitter.load(
            move(problem_.x, next, end - next, buffer + (next - first) * problem_.row_bytes));
      }
    };
    if (!problem_.accumulate) {
      for (auto row = problem_.by_row.lower_bound(first);
           row != problem_.by_row.end() && row->first < first + rows; ++row) {
        load_until(row->first);
        emitter.load(move(problem_.updates, row->second.back(), 1,
                          buffer + (row->first - first) * problem_.row_bytes));
        next = row->first + 1;
      }
    }
    load_until(first + rows);
  }

  [[nodiscard]] command::VectorCommand addition(std::int64_t row, std::int64_t update) const {
    const std::int64_t stride = problem_.row_bytes / problem_.inner;
    command::VectorCommand command;
    command.rows = problem_.inner;
    command.columns = problem_.last_dimension;
    command.source = command::matrix_view(Emitter::scratchpad(), problem_.type, row, command.rows,
                                          command.columns, stride);
    command.stages.push_back({command::VectorKind::kAdd,
                              command::matrix_view(Emitter::scratchpad(), problem_.type, update,
                                                   command.rows, command.columns, stride),
                              {}});
    command.destination = command.source;
    return command;
  }

  const Machine& machine_;
  Problem problem_;
  std::int64_t block_rows_;
  int buffers_;
  std::int64_t base_;
};

}  // namespace

std::unique_ptr<Layer> plan_scatter(const LayerRequest& request) {
  constexpr std::int64_t kMostRows = 16;
  const auto& scatter = std::get<workload::Scatter>(request.op().attributes);
  const workload::Tensor& x = request.input(0);
  const workload::Tensor& updates = request.input(1);
  if (x.type != updates.type || x.type != request.output().type) {
    request.error(fmt::format("'{}' is {}, '{}' is {} and the output {}", x.name,
                              numeric::name(x.type), updates.name, numeric::name(updates.type),
                              numeric::name(request.output().type)),
                  "tensors of one element type");
    return nullptr;
  }
  ScatterLayer::Problem problem;
  problem.x = request.op().inputs[0];
  problem.updates = request.op().inputs[1];
  problem.output = request.group.output;
  problem.type = x.type;
  problem.rows = x.shape[0];
  problem.row_bytes = x.bytes() / x.shape[0];
  problem.last_dimension = x.shape.size() > 1 ? x.shape.back() : 1;
  problem.inner = x.shape.size() > 1 ? x.elements() / x.shape[0] / x.shape.back() : 1;
  problem.accumulate = scatter.accumulate;
  if (x.shape.size() == 1 && !numeric::fills_bytes(x.type)) {
    request.error(
        fmt::format("single elements of {} do not begin at whole bytes", numeric::name(x.type)),
        "rows of more than one dimension, or a wider type");
    return nullptr;
  }
  base::Random random(request.seed + request.group.op);
  for (std::int64_t j = 0; j < updates.shape[0]; ++j) {
    const std::int64_t row = scatter.indices.empty() ? random.integer(0, x.shape[0] - 1)
                                                     : scatter.indices[static_cast<std::size_t>(j)];
    problem.by_row[row].push_back(j);
  }
  const std::size_t units = request.machine.vector_units.size();
  for (const LayerRequest::Budget& budget : request.budgets()) {
    for (std::int64_t rows = std::min(problem.rows, kMostRows); rows > 0; rows /= 2) {
      if (ScatterLayer::bytes(problem, rows, budget.buffers, units) <= budget.bytes) {
        return std::make_unique<ScatterLayer>(request, std::move(problem), rows, budget.buffers);
      }
    }
  }
  request.error_too_small(ScatterLayer::bytes(problem, 1, 1, units), "smallest block, one row,");
  return nullptr;
}

}  // namespace orrery::lowering
