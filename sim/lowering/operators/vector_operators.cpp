// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "command/view.h"
#include "lowering/layer/block_layer.h"
#include "lowering/layer/row_layer.h"
#include "lowering/machine/vector_stages.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using command::VectorCommand;
using command::VectorKind;

RowProblem row_problem(const LayerRequest& request) {
  const workload::Tensor& x = request.input(0);
  RowProblem problem;
  problem.columns = x.shape.back();
  problem.rows = x.elements() / problem.columns;
  problem.group = problem.rows;
  problem.inputs = {request.op().inputs[0]};
  problem.output = request.group.output;
  return problem;
}

VectorCommand pass(const RowBlock& block) {
  VectorCommand command;
  command.rows = command::row_count(block.result);
  command.columns = command::column_count(block.result);
  command.source = block.inputs.front();
  command.destination = block.result;
  return command;
}

}  // namespace

std::unique_ptr<Layer> plan_normalization(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Normalization>(request.op().attributes);
  const bool is_layer = attributes.kind == workload::NormalizationKind::kLayer;
  RowProblem problem = row_problem(request);
  problem.constants.assign(request.op().inputs.begin() + 1, request.op().inputs.end());
  problem.what = is_layer ? "layer norm, * gamma, + beta" : "rms norm, * gamma";
  problem.commands = [is_layer, epsilon = attributes.epsilon](const RowBlock& block) {
    VectorCommand command = pass(block);
    command.stages.push_back(
        {is_layer ? VectorKind::kLayerNorm : VectorKind::kRmsNorm, {}, {epsilon}});
    command.stages.push_back({VectorKind::kMultiply, block.constants[0], {}});
    if (is_layer) {
      command.stages.push_back({VectorKind::kAdd, block.constants[1], {}});
    }
    return std::vector<VectorCommand>{command};
  };
  return plan_rows(request, problem);
}

std::unique_ptr<Layer> plan_channel_affine(const LayerRequest& request) {
  RowProblem problem = row_problem(request);
  problem.constants.assign(request.op().inputs.begin() + 1, request.op().inputs.end());
  problem.what = "* scale, + shift";
  problem.commands = [](const RowBlock& block) {
    VectorCommand command = pass(block);
    command.stages.push_back({VectorKind::kMultiply, block.constants[0], {}});
    command.stages.push_back({VectorKind::kAdd, block.constants[1], {}});
    return std::vector<VectorCommand>{command};
  };
  return plan_rows(request, problem);
}

// Operands of different shapes: each walks the output with stride 0 where it is repeated.
std::unique_ptr<Layer> plan_broadcast(const LayerRequest& request) {
  const workload::Tensor& y = request.output();
  BlockSpace space;
  space.sizes = y.shape;
  space.kept = y.shape.size();
  space.output = {request.group.output, 0, row_major_strides(y)};
  for (const workload::TensorId id : request.op().inputs) {
    space.inputs.push_back({id, 0, broadcast_strides(request.tensor(id), y.shape)});
  }
  BlockProblem problem;
  problem.spaces = {space};
  problem.what = "element-wise stage";
  problem.commands =
      [function = std::get<workload::Elementwise>(request.op().attributes)](const Block& block) {
        VectorCommand command;
        command.rows = command::row_count(block.result);
        command.columns = command::column_count(block.result);
        command.source = block.inputs[0];
        std::vector<command::VectorStage> stages = stages_of(function);
        set_operand(stages, block.inputs[1]);
        command.stages.assign(stages.begin(), stages.end());
        command.destination = block.result;
        return std::vector<VectorCommand>{command};
      };
  return plan_blocks(request, std::move(problem));
}

std::unique_ptr<Layer> plan_elementwise(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Elementwise>(request.op().attributes);
  for (const workload::TensorId id : request.op().inputs) {
    if (request.tensor(id).shape != request.output().shape) {
      return plan_broadcast(request);
    }
  }
  RowProblem problem = row_problem(request);
  problem.inputs = request.op().inputs;
  problem.what = "element-wise stage";
  // Elements follow each other without a gap unless rows of parts of bytes are filled up.
  const auto is_packed = [&](workload::TensorId id) {
    return !numeric::fills_bytes(request.tensor(id).type);
  };
  problem.flat = !is_packed(problem.output) &&
                 std::none_of(problem.inputs.begin(), problem.inputs.end(), is_packed);
  if (problem.flat) {
    problem.rows *= problem.columns;
    problem.columns = 1;
    problem.group = problem.rows;
  }
  problem.commands = [attributes](const RowBlock& block) {
    VectorCommand command = pass(block);
    std::vector<command::VectorStage> stages = stages_of(attributes);
    if (block.inputs.size() > 1) {
      set_operand(stages, block.inputs[1]);
    }
    command.stages.assign(stages.begin(), stages.end());
    return std::vector<VectorCommand>{command};
  };
  return plan_rows(request, problem);
}

}  // namespace orrery::lowering
