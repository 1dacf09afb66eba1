// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "lowering/layer/emitter.h"
#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Sizes of a block in each dimension of an iteration space, or where it begins.
using BlockSizes = std::vector<std::int64_t>;

// A tensor walked through by nested loops: the element of iteration i lies offset_bits + sum over d
// of i[d] * stride_bits[d] bits behind its first. Stride 0: the dimension does not matter to it.
class StridedOperand {
 public:
  StridedOperand(const LayerRequest& request, workload::TensorId tensor, std::int64_t offset_bits,
                 std::vector<std::int64_t> stride_bits);

  // Whether blocks can begin at whole bytes; some of parts of bytes cannot.
  [[nodiscard]] bool is_addressable() const;
  // The dimension along which elements follow each other, -1 where there is none.
  [[nodiscard]] int run() const { return run_; }
  // Whether blocks are whole or multiples of the granule in that dimension, so that they begin at
  // whole bytes.
  [[nodiscard]] bool is_packed() const { return !numeric::fills_bytes(type_); }
  [[nodiscard]] bool uses(std::size_t dimension) const { return strides_[dimension] != 0; }

  // As it lies in a buffer: dimensions in the tensor's order, rows of the run filled up to whole
  // bytes.
  [[nodiscard]] std::int64_t buffer_bytes(const BlockSizes& sizes) const;
  // Bytes of one run, and runs of a block.
  [[nodiscard]] std::int64_t run_bytes(const BlockSizes& sizes) const;
  [[nodiscard]] std::int64_t runs(const BlockSizes& sizes) const;

  void load(Emitter& emitter, const BlockSizes& begin, const BlockSizes& sizes,
            std::int64_t buffer) const;
  void store(Emitter& emitter, const BlockSizes& begin, const BlockSizes& sizes,
             std::int64_t buffer) const;

  // Dimensions [0, rows) as rows, [rows, columns_end) as columns; at most four of each are longer
  // than 1.
  [[nodiscard]] command::View view(const BlockSizes& sizes, std::size_t rows,
                                   std::size_t columns_end, std::int64_t buffer) const;

  [[nodiscard]] const Machine::Tier& tier() const { return *tier_; }
  [[nodiscard]] numeric::ElementType type() const { return type_; }

 private:
  [[nodiscard]] std::vector<std::int64_t> buffer_strides(const BlockSizes& sizes) const;
  [[nodiscard]] std::vector<TensorMove> moves(const BlockSizes& begin, const BlockSizes& sizes,
                                              std::int64_t buffer) const;

  workload::TensorId tensor_;
  numeric::ElementType type_;
  const Machine::Tier* tier_;
  std::int64_t bits_;
  std::int64_t offset_bits_;
  std::vector<std::int64_t> strides_;  // bits, by dimension
  std::vector<std::size_t> order_;  // dimensions with a stride, the innermost in the tensor first
  int run_ = -1;
};

}  // namespace orrery::lowering
