// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lowering/layer/layer.h"
#include "lowering/layer/strided_operand.h"

namespace orrery::lowering {

// A tensor in an iteration space; see StridedOperand.
struct BlockOperand {
  workload::TensorId tensor = workload::kNoTensor;
  std::int64_t offset_bits = 0;
  std::vector<std::int64_t> stride_bits;
};

// Nested loops over all elements of an output, or over all that are reduced into it.
struct BlockSpace {
  std::vector<std::int64_t> sizes;  // by dimension, the outermost first
  std::size_t kept = 0;             // dimensions of the output; those behind are reduced
  bool reduces = false;
  std::vector<BlockOperand> inputs;
  BlockOperand output;
};

// One block of the loops as commands see it.
struct Block {
  std::vector<command::View> inputs;  // rows x columns
  command::View result;               // rows x columns; rows x 1 where columns are reduced
  command::View sums;                 // rows x 1, kept from block to block of one result
  bool is_first = true;               // of the blocks of one result
  bool is_last = true;
};

struct BlockProblem {
  std::vector<BlockSpace> spaces;  // one after the other, all into the same output
  std::function<std::vector<command::VectorCommand>(const Block&)> commands;
  numeric::ElementType sums_type = numeric::ElementType::kFp32;
  std::string what;
};

// Rows of row-major elements of a type in bits, the last dimension filled up to whole bytes.
[[nodiscard]] std::vector<std::int64_t> row_major_strides(const workload::Tensor& tensor);

// Those of a tensor that is broadcast to `shape`: 0 where it is repeated.
[[nodiscard]] std::vector<std::int64_t> broadcast_strides(const workload::Tensor& tensor,
                                                          const std::vector<std::int64_t>& shape);

// Joins dimensions that run on into each other in all operands and drops those of size 1.
void collapse(BlockSpace& space);

// Blocks of elements go from the tiers through a vector unit and back; each unit takes every so
// manieth block. The sizes of blocks are found by doubling them, one dimension at a time, along the
// least estimate. Null after a diagnostic where a block of one element does not fit, or where
// packed elements do not begin at whole bytes.
[[nodiscard]] std::unique_ptr<Layer> plan_blocks(const LayerRequest& request, BlockProblem problem);

}  // namespace orrery::lowering
