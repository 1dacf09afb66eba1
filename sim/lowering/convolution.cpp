// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix_layer.h"
#include "lowering/operator_table.h"

namespace orrery::lowering {

std::unique_ptr<Layer> plan_convolution(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Convolution>(request.op().attributes);
  const auto& x = request.input(0).shape;
  const auto& w = request.input(1).shape;
  const auto& y = request.tensor(request.op().output).shape;
  MatrixProblem problem;
  problem.images = x[0];
  problem.height = {
      x[1], y[1], w[0], attributes.stride_h, attributes.dilation_h, attributes.pad_top};
  problem.width = {
      x[2], y[2], w[1], attributes.stride_w, attributes.dilation_w, attributes.pad_left};
  problem.channels = w[2];
  problem.features = w[3];
  return plan_matrix(request, problem);
}

}  // namespace orrery::lowering
