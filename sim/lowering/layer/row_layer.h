// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Some rows of a row layer and the buffers that hold them.
struct RowBlock {
  std::int64_t first_row = 0;
  std::int64_t rows = 1;
  std::vector<command::View> inputs;     // rows x columns
  std::vector<command::View> constants;  // rows x columns, all rows alike
  command::View result;                  // rows x columns
};

// What a row layer works on: tensors seen as rows x columns.
struct RowProblem {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t group = 1;  // blocks do not reach from one group of this many rows into the next
  bool flat = false;       // columns is 1 and blocks are shown as one row
  std::vector<workload::TensorId> inputs;
  std::vector<workload::TensorId> constants;  // of `columns` elements, loaded once
  workload::TensorId output = workload::kNoTensor;
  // The commands that make the result of a block out of its inputs.
  std::function<std::vector<command::VectorCommand>(const RowBlock&)> commands;
  std::string what;  // for the loop nest: "softmax"
};

// An operator that works on rows by themselves: blocks of rows go from the tier through a vector
// unit and back, each unit takes every so manieth block.
class RowLayer : public Layer {
 public:
  RowLayer(const LayerRequest& request, RowProblem problem, std::int64_t block_rows, int buffers);

  [[nodiscard]] base::Generator<Step> steps(Emitter& emitter) const override;
  [[nodiscard]] bool is_shared() const override { return true; }
  void describe(command::LayerInfo& info) const override;
  [[nodiscard]] std::string loop_nest() const override;

  // Of all buffers together.
  [[nodiscard]] std::int64_t scratchpad_bytes() const;
  // Cycles by the estimate that the choice of blocks uses.
  [[nodiscard]] std::int64_t estimate() const;

 private:
  struct Stream {
    workload::TensorId tensor;
    numeric::ElementType type;
    const Machine::Tier* tier;
    std::int64_t row_bytes;
  };
  [[nodiscard]] Stream stream(const LayerRequest& request, workload::TensorId tensor) const;
  [[nodiscard]] std::int64_t slots() const;
  [[nodiscard]] std::int64_t blocks() const;
  // Of the busiest partition.
  [[nodiscard]] std::int64_t own_blocks() const;
  [[nodiscard]] std::int64_t slot_bytes(const Stream& stream) const;
  [[nodiscard]] std::int64_t constant_address(std::size_t index) const;
  // Streams are numbered inputs first, then the output.
  [[nodiscard]] std::int64_t stream_address(std::size_t index, std::int64_t block) const;
  [[nodiscard]] command::View view(const Stream& stream, std::int64_t address,
                                   std::int64_t rows) const;
  [[nodiscard]] TensorMove block_move(std::size_t index, std::int64_t block, std::int64_t first_row,
                                      std::int64_t rows) const;
  [[nodiscard]] RowBlock row_block(std::int64_t block, std::int64_t first_row,
                                   std::int64_t rows) const;
  [[nodiscard]] std::int64_t block_vector_cycles() const;
  [[nodiscard]] std::int64_t memory_cycles() const;
  [[nodiscard]] std::int64_t vector_cycles() const;

  const Machine& machine_;
  RowProblem problem_;
  std::int64_t block_rows_;
  int buffers_;
  std::vector<Stream> streams_;
  std::vector<Stream> constants_;
  std::int64_t base_ = 0;
};

// Chooses the size of the blocks by the least estimate. Null where one row does not fit the
// scratchpad.
[[nodiscard]] std::unique_ptr<Layer> find_rows(const LayerRequest& request,
                                               const RowProblem& problem);

// The same; null after a diagnostic where one row does
// not fit the scratchpad.
[[nodiscard]] std::unique_ptr<Layer> plan_rows(const LayerRequest& request,
                                               const RowProblem& problem);

}  // namespace orrery::lowering
