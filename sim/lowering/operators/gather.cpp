// SPDX-License-Identifier: Apache-2.0
#include "lowering/operators/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace orrery::lowering {
namespace {

// Rows of a block: so many that stores are long, so few that loads and stores overlap.
constexpr std::int64_t kBlockRows = 16;

class GatherLayer : public Layer {
 public:
  GatherLayer(const LayerRequest& request, GatherProblem problem, std::int64_t block_rows,
              int buffers)
      : problem_(std::move(problem)), block_rows_(block_rows), buffers_(buffers) {
    base_ = request.scratchpad_base(buffers_ * slot_bytes());
  }

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override {
    const auto next_row = problem_.walk();
    std::int64_t block = 0;
    for (std::int64_t first = 0; first < problem_.rows; first += block_rows_) {
      const std::int64_t rows = std::min(block_rows_, problem_.rows - first);
      if (!emitter.takes(first / block_rows_)) {
        for (std::int64_t i = 0; i < rows; ++i) {
          (void)next_row();
        }
        continue;
      }
      const std::int64_t buffer = base_ + block % buffers_ * slot_bytes();
      for (std::int64_t i = 0; i < rows; ++i) {
        TensorMove load;
        load.tensor = problem_.source;
        load.tensor_offset = next_row() * problem_.row_bytes;
        load.buffer = buffer + i * problem_.row_bytes;
        load.row_bytes = problem_.row_bytes;
        problem_.dependent ? emitter.load_in_turn(load) : emitter.load(load);
        co_yield Step{};
      }
      TensorMove store;
      store.tensor = problem_.destination;
      store.tensor_offset = first * problem_.row_bytes;
      store.buffer = buffer;
      store.row_bytes = rows * problem_.row_bytes;
      emitter.store(store);
      ++block;
      co_yield Step{};
    }
  }

  [[nodiscard]] bool is_shared() const override { return !problem_.dependent; }

  void describe(command::LayerInfo& info) const override {
    info.tiling = fmt::format("{} rows of {}", block_rows_, problem_.rows);
    info.limited_by = "memory";
  }

  [[nodiscard]] std::string loop_nest() const override {
    return fmt::format(
        "for block in {} blocks of {} rows\n  for row in block: load {}\n  store block\n",
        (problem_.rows + block_rows_ - 1) / block_rows_, block_rows_, problem_.what);
  }

 private:
  [[nodiscard]] std::int64_t slot_bytes() const {
    return aligned_buffer(block_rows_ * problem_.row_bytes);
  }

  GatherProblem problem_;
  std::int64_t block_rows_;
  int buffers_;
  std::int64_t base_ = 0;
};

}  // namespace

std::unique_ptr<Layer> plan_gather(const LayerRequest& request, const GatherProblem& problem) {
  for (const LayerRequest::Budget& budget : request.budgets()) {
    for (std::int64_t rows = std::min(problem.rows, kBlockRows); rows > 0; rows /= 2) {
      if (budget.buffers * aligned_buffer(rows * problem.row_bytes) <= budget.bytes) {
        return std::make_unique<GatherLayer>(request, problem, rows, budget.buffers);
      }
    }
  }
  request.error_too_small(aligned_buffer(problem.row_bytes), "smallest block, one row,");
  return nullptr;
}

}  // namespace orrery::lowering
