// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "command/view.h"
#include "lowering/layer/block_layer.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {
namespace {

using command::VectorCommand;
using command::VectorKind;
using workload::ReductionKind;

// How blocks of a row become one value, and how values of several blocks become one.
struct ReductionStages {
  VectorKind whole;    // a row that is one block
  VectorKind partial;  // a part of a row
  VectorKind join;
};

ReductionStages stages_for(ReductionKind kind) {
  switch (kind) {
    case ReductionKind::kSum:
      return {VectorKind::kReduceSum, VectorKind::kReduceSum, VectorKind::kAdd};
    case ReductionKind::kMean:
      return {VectorKind::kReduceMean, VectorKind::kReduceSum, VectorKind::kAdd};
    case ReductionKind::kMaximum:
      return {VectorKind::kReduceMaximum, VectorKind::kReduceMaximum, VectorKind::kMaximum};
    case ReductionKind::kMinimum:
      return {VectorKind::kReduceMinimum, VectorKind::kReduceMinimum, VectorKind::kMinimum};
  }
  throw base::InternalError("known reduction", "lowering");
}

}  // namespace

std::unique_ptr<Layer> plan_reduction(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Reduction>(request.op().attributes);
  const workload::Tensor& x = request.input(0);
  const std::vector<std::int64_t> x_strides = row_major_strides(x);
  const std::vector<std::int64_t> y_strides = row_major_strides(request.output());
  BlockSpace space;
  BlockOperand input{request.op().inputs[0], 0, {}};
  space.output.tensor = request.group.output;
  double count = 1.0;
  for (const bool reduced : {false, true}) {
    std::size_t y_dimension = 0;
    for (std::size_t d = 0; d < x.shape.size(); ++d) {
      const bool is_axis = std::find(attributes.axes.begin(), attributes.axes.end(),
                                     static_cast<std::int64_t>(d)) != attributes.axes.end();
      if (is_axis == reduced) {
        space.sizes.push_back(x.shape[d]);
        input.stride_bits.push_back(x_strides[d]);
        space.output.stride_bits.push_back(reduced ? 0 : y_strides[y_dimension]);
        space.kept += reduced ? 0 : 1;
        count *= reduced ? static_cast<double>(x.shape[d]) : 1.0;
      }
      y_dimension += !is_axis || attributes.keep_dimensions ? 1 : 0;
    }
  }
  space.inputs = {input};
  space.reduces = true;
  BlockProblem problem;
  problem.spaces = {space};
  problem.sums_type = numeric::info(x.type).accumulator;
  problem.what = "reduce, join with the blocks before";
  problem.commands = [stages = stages_for(attributes.kind), count,
                      mean = attributes.kind == ReductionKind::kMean](const Block& block) {
    VectorCommand command;
    command.rows = command::row_count(block.inputs[0]);
    command.columns = command::column_count(block.inputs[0]);
    command.source = block.inputs[0];
    const bool alone = block.is_first && block.is_last;
    command.stages.push_back({alone ? stages.whole : stages.partial, {}, {}});
    if (!block.is_first) {
      command.stages.push_back({stages.join, block.sums, {}});
    }
    if (mean && block.is_last && !alone) {
      command.stages.push_back({VectorKind::kScale, {}, {1.0 / count}});
    }
    command.destination = block.is_last ? block.result : block.sums;
    return std::vector<VectorCommand>{command};
  };
  return plan_blocks(request, std::move(problem));
}

}  // namespace orrery::lowering
