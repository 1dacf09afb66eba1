// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/matrix_layer.h"
#include "lowering/matrix/matrix_operators.h"
#include "workload/matrix_shapes.h"

namespace orrery::lowering {

std::unique_ptr<Layer> plan_convolution(const LayerRequest& request) {
  const auto& attributes = std::get<workload::Convolution>(request.op().attributes);
  const workload::ImageShape x = workload::image_shape(request.input(0).shape);
  const auto& w = request.input(1).shape;
  const workload::ImageShape y = workload::image_shape(request.tensor(request.op().output).shape);
  MatrixProblem problem;
  problem.images = x.images;
  problem.height = {x.height,          y.height, w[0], attributes.stride_h, attributes.dilation_h,
                    attributes.pad_top};
  problem.width = {
      x.width, y.width, w[1], attributes.stride_w, attributes.dilation_w, attributes.pad_left};
  problem.channels = w[2];
  problem.features = w[3] / attributes.groups;
  problem.groups = attributes.groups;
  problem.layout = GroupLayout::kInterleaved;
  return plan_matrix(request, problem);
}

}  // namespace orrery::lowering
