// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix/matrix_layer.h"
#include "lowering/matrix/matrix_operators.h"
#include "lowering/matrix/pim_product.h"
#include "workload/matrix_shapes.h"

namespace orrery::lowering {
namespace {

using Batches = std::vector<workload::ProductShape::Batch>;

// Leaves out dimensions of one position and joins neighbours that run on into each other in both
// operands.
Batches joined(const Batches& batches) {
  Batches result;
  for (const auto& batch : batches) {
    if (batch.count == 1) {
      continue;
    }
    if (!result.empty()) {
      auto& outer = result.back();
      if (outer.a_step == batch.a_step * batch.count &&
          outer.b_step == batch.b_step * batch.count) {
        outer = {outer.count * batch.count, batch.a_step, batch.b_step};
        continue;
      }
    }
    result.push_back(batch);
  }
  return result;
}

}  // namespace

// A matrix product is the convolution of one image of height 1 and width M with a 1x1 kernel.
// Batch dimensions along which b is the same are rows of a; of the others the innermost becomes
// the groups of a tile, the rest are loops.
std::unique_ptr<Layer> plan_matrix_multiplication(const LayerRequest& request) {
  if (request.group.product) {
    return plan_product_in_memory(request);
  }
  const auto& attributes = std::get<workload::MatrixMultiplication>(request.op().attributes);
  const auto product =
      workload::product_shape(request.input(0).shape, request.input(1).shape, attributes);
  base::require_invariant(product.has_value(), "the shapes of a product fit", request.op().name);
  MatrixProblem problem;
  problem.transposed_a = attributes.transposed_a;
  problem.transposed_b = attributes.transposed_b;
  problem.channels = product->k;
  problem.features = product->n;
  std::int64_t rows = product->m;
  Batches batches = joined(product->batches);
  if (!batches.empty() && batches.back().b_step == 0 && batches.back().a_step == 1 &&
      !attributes.transposed_a) {
    const std::int64_t count = batches.back().count;
    rows *= count;
    batches.pop_back();
    for (auto& batch : batches) {
      batch.a_step /= count;
    }
  }
  problem.width.input = rows;
  problem.width.output = rows;
  if (!batches.empty()) {
    problem.groups = batches.back().count;
    problem.shared_a = batches.back().a_step == 0;
    problem.shared_b = batches.back().b_step == 0;
    batches.pop_back();
  }
  for (const auto& batch : batches) {
    problem.batches.push_back({batch.count, batch.a_step, batch.b_step});
  }
  return plan_matrix(request, problem);
}

}  // namespace orrery::lowering
