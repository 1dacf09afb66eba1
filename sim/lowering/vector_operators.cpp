// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "command/view.h"
#include "lowering/operator_table.h"
#include "lowering/row_layer.h"
#include "lowering/vector_stages.h"

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

std::unique_ptr<Layer> plan_softmax(const LayerRequest& request) {
  RowProblem problem = row_problem(request);
  problem.what = "softmax";
  problem.commands = [](const RowBlock& block) {
    VectorCommand command = pass(block);
    command.stages.push_back(
        {VectorKind::kSoftmax, {}, {static_cast<double>(command.columns), 0.0}});
    return std::vector<VectorCommand>{command};
  };
  return plan_rows(request, problem);
}

std::unique_ptr<Layer> plan_elementwise(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Elementwise>(request.op().attributes);
  RowProblem problem = row_problem(request);
  problem.inputs = request.op().inputs;
  problem.what = "element-wise stage";
  // Elements follow each other without a gap unless rows of half bytes are filled up.
  const auto has_half_bytes = [&](workload::TensorId id) {
    return numeric::bits(request.tensor(id).type) < 8;
  };
  problem.flat = !has_half_bytes(problem.output) &&
                 std::none_of(problem.inputs.begin(), problem.inputs.end(), has_half_bytes);
  if (problem.flat) {
    problem.rows *= problem.columns;
    problem.columns = 1;
    problem.group = problem.rows;
  }
  problem.commands = [kind = vector_kind(attributes.kind)](const RowBlock& block) {
    VectorCommand command = pass(block);
    command.stages.push_back({kind, {}, {}});
    if (block.inputs.size() > 1) {
      command.stages.back().operand = block.inputs[1];
    }
    return std::vector<VectorCommand>{command};
  };
  return plan_rows(request, problem);
}

}  // namespace orrery::lowering
