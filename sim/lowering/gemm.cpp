// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "lowering/matrix_layer.h"
#include "lowering/operator_table.h"

namespace orrery::lowering {

// A matrix product is the convolution of one image of height 1 and width M with a 1x1 kernel.
std::unique_ptr<Layer> plan_matrix_multiplication(const LayerRequest& request) {
  const auto& attributes = std::get<workload::MatrixMultiplication>(request.op().attributes);
  const workload::Tensor& a = request.input(0);
  const workload::Tensor& b = request.input(1);
  MatrixProblem problem;
  problem.transposed_b = attributes.transposed_weight;
  problem.channels = b.shape[attributes.transposed_weight ? 1 : 0];
  problem.features = b.shape[attributes.transposed_weight ? 0 : 1];
  // An input with other rows than the weight's (a flattened image) is read as rows of K elements.
  if (a.elements() % problem.channels != 0 ||
      (a.shape.back() != problem.channels && a.shape.back() * numeric::bits(a.type) % 8 != 0)) {
    request.error(fmt::format("input '{}' has no rows of {} elements", a.name, problem.channels));
    return nullptr;
  }
  problem.width.input = a.elements() / problem.channels;
  problem.width.output = problem.width.input;
  return plan_matrix(request, problem);
}

}  // namespace orrery::lowering
