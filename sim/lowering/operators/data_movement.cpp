// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "command/view.h"
#include "lowering/layer/block_layer.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using command::VectorCommand;
using command::VectorKind;
using workload::Tensor;

std::vector<VectorCommand> copy_block(const Block& block) {
  VectorCommand command;
  command.rows = command::row_count(block.result);
  command.columns = command::column_count(block.result);
  command.source = block.inputs[0];
  command.stages.push_back({VectorKind::kCopy, {}, {}});
  command.destination = block.result;
  return {command};
}

// A block of one value, of nothing: the sum over elements outside the bounds is zero.
std::vector<VectorCommand> fill_block(const Block& block, double value) {
  VectorCommand command;
  command.rows = command::row_count(block.result) * command::column_count(block.result);
  command.columns = 1;
  command.destination = block.result;
  // A block lies in its buffer without gaps, save those behind rows of packed elements: few digits.
  auto& row = command.destination.row;
  row.clear();
  for (const auto* digits : {&block.result.row, &block.result.column}) {
    for (const command::Digit& digit : *digits) {
      if (!row.empty() && row.back().stride_bits == digit.stride_bits * digit.extent) {
        row.back() = {row.back().extent * digit.extent, digit.stride_bits, {}};
      } else if (digit.extent > 1) {
        row.push_back(digit);
      }
    }
  }
  if (row.empty()) {
    row.push_back({1, 0, {}});
  }
  command.destination.column = {{1, 0, {}}};
  command.source = block.result;
  command.source.row = {{command.rows, 0, {}}};
  command.source.column = {{1, 0, {}}};
  command.source.bounds[0] = {-1, 1};
  command.stages.push_back({VectorKind::kReduceSum, {}, {}});
  command.stages.push_back({VectorKind::kAffine, {}, {1.0, value}});
  return {command};
}

BlockSpace whole_output(const LayerRequest& request) {
  const Tensor& y = request.output();
  BlockSpace space;
  space.sizes = y.shape;
  space.kept = y.shape.size();
  space.output = {request.group.output, 0, row_major_strides(y)};
  return space;
}

std::unique_ptr<Layer> plan_copy(const LayerRequest& request, std::vector<BlockSpace> spaces,
                                 std::string what) {
  BlockProblem problem;
  problem.spaces = std::move(spaces);
  problem.what = std::move(what);
  problem.commands = copy_block;
  return plan_blocks(request, std::move(problem));
}

// A part of a row of packed elements may not end inside a byte that the next part begins in.
bool splits_a_byte(const Tensor& y, std::int64_t place) {
  return place != y.shape.back() && place * numeric::bits(y.type) % 8 != 0;
}

void refuse_split_byte(const LayerRequest& request, std::int64_t place) {
  request.error("parts of a row meet inside a byte, at element " + std::to_string(place),
                "a multiple of " + std::to_string(numeric::granule(request.output().type)) +
                    " elements of " + std::string(numeric::name(request.output().type)));
}

}  // namespace

std::unique_ptr<Layer> plan_transpose(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Transpose>(request.op().attributes);
  const std::vector<std::int64_t> strides = row_major_strides(request.input(0));
  BlockSpace space = whole_output(request);
  BlockOperand input{request.op().inputs[0], 0, {}};
  for (const std::int64_t d : attributes.permutation) {
    input.stride_bits.push_back(strides[static_cast<std::size_t>(d)]);
  }
  space.inputs = {input};
  return plan_copy(request, {space}, "permute on the vector unit");
}

std::unique_ptr<Layer> plan_expand(const LayerRequest& request) {
  BlockSpace space = whole_output(request);
  space.inputs = {
      {request.op().inputs[0], 0, broadcast_strides(request.input(0), request.output().shape)}};
  return plan_copy(request, {space}, "repeat");
}

std::unique_ptr<Layer> plan_slice(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Slice>(request.op().attributes);
  const std::vector<std::int64_t> strides = row_major_strides(request.input(0));
  BlockSpace space = whole_output(request);
  BlockOperand input{request.op().inputs[0], 0, {}};
  for (std::size_t d = 0; d < strides.size(); ++d) {
    input.offset_bits += attributes.starts[d] * strides[d];
    input.stride_bits.push_back(attributes.steps[d] * strides[d]);
  }
  space.inputs = {input};
  return plan_copy(request, {space}, "copy");
}

std::unique_ptr<Layer> plan_concatenation(const LayerRequest& request) {
  const auto axis =
      static_cast<std::size_t>(std::get<workload::Concatenation>(request.op().attributes).axis);
  const Tensor& y = request.output();
  std::vector<BlockSpace> spaces;
  std::int64_t place = 0;
  for (const workload::TensorId id : request.op().inputs) {
    const Tensor& x = request.tensor(id);
    BlockSpace space = whole_output(request);
    space.sizes = x.shape;
    space.output.offset_bits = place * space.output.stride_bits[axis];
    space.inputs = {{id, 0, row_major_strides(x)}};
    place += x.shape[axis];
    if (axis + 1 == y.shape.size() && splits_a_byte(y, place)) {
      refuse_split_byte(request, place);
      return nullptr;
    }
    spaces.push_back(std::move(space));
  }
  return plan_copy(request, std::move(spaces), "copy");
}

std::unique_ptr<Layer> plan_pad(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Pad>(request.op().attributes);
  const Tensor& x = request.input(0);
  const Tensor& y = request.output();
  for (const std::int64_t place :
       {attributes.before.back(), attributes.before.back() + x.shape.back()}) {
    if (splits_a_byte(y, place)) {
      refuse_split_byte(request, place);
      return nullptr;
    }
  }
  BlockSpace inside = whole_output(request);
  const std::vector<std::int64_t> strides = inside.output.stride_bits;
  inside.sizes = x.shape;
  inside.inputs = {{request.op().inputs[0], 0, row_major_strides(x)}};
  std::vector<BlockSpace> spaces;
  // Slabs in front and behind: along dimension d those of the dimensions before it, which lie
  // inside.
  BlockSpace slab = whole_output(request);
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    const std::int64_t corner = slab.output.offset_bits;
    slab.sizes[d] = attributes.before[d];
    if (attributes.before[d] > 0) {
      spaces.push_back(slab);
    }
    slab.sizes[d] = attributes.after[d];
    slab.output.offset_bits = corner + (attributes.before[d] + x.shape[d]) * strides[d];
    if (attributes.after[d] > 0) {
      spaces.push_back(slab);
    }
    slab.sizes[d] = x.shape[d];
    slab.output.offset_bits = corner + attributes.before[d] * strides[d];
  }
  inside.output.offset_bits = slab.output.offset_bits;
  spaces.push_back(std::move(inside));
  BlockProblem problem;
  problem.spaces = std::move(spaces);
  problem.what = "copy, or fill with the constant";
  problem.commands = [value = attributes.value](const Block& block) {
    return block.inputs.empty() ? fill_block(block, value) : copy_block(block);
  };
  return plan_blocks(request, std::move(problem));
}

}  // namespace orrery::lowering
