// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/pim_product_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workload/matrix_shapes.h"

namespace orrery::lowering {
namespace {

using workload::Graph;
using workload::MatrixMultiplication;
using workload::Operator;
using workload::Tensor;
using workload::TensorId;

const Tensor& input(const Graph& graph, const Operator& op, std::size_t i) {
  return graph.tensors[static_cast<std::size_t>(op.inputs[i])];
}

// A weight has one place: all who read it must read it as the same matrix.
const Operator* other_reader(const Graph& graph, const Operator& op) {
  const TensorId weight = op.inputs[1];
  const std::vector<TensorId> bases = workload::view_bases(graph);
  for (const Operator& other : graph.operators) {
    for (std::size_t i = 0; i < other.inputs.size(); ++i) {
      const TensorId read = other.inputs[i];
      if (read == workload::kNoTensor || bases[static_cast<std::size_t>(read)] != weight) {
        continue;
      }
      const auto* product = std::get_if<MatrixMultiplication>(&other.attributes);
      const bool is_alike =
          product != nullptr && i == 1 && read == weight &&
          product->transposed_b == std::get<MatrixMultiplication>(op.attributes).transposed_b;
      if (!is_alike) {
        return &other;
      }
    }
  }
  return nullptr;
}

}  // namespace

std::variant<PimProductPlan, PimObstacle> plan_pim_product(const Graph& graph, const Operator& op,
                                                           const Machine& machine) {
  const auto& attributes = std::get<MatrixMultiplication>(op.attributes);
  const Tensor& x = input(graph, op, 0);
  const Tensor& weight = input(graph, op, 1);
  if (weight.role != workload::TensorRole::kWeight) {
    return PimObstacle{fmt::format("its second operand '{}' is no weight", weight.name),
                       "a product with a weight, which lies in the banks from the first"};
  }
  const auto shape = workload::product_shape(x.shape, weight.shape, attributes);
  base::require_invariant(shape.has_value(), "the shapes of a product fit", op.name);
  if (shape->n * shape->k != weight.elements()) {
    return PimObstacle{fmt::format("weight '{}' is more than one matrix", weight.name),
                       "a weight of two dimensions"};
  }
  if (attributes.transposed_a && shape->m != 1) {
    return PimObstacle{fmt::format("'{}' is transposed: its vectors are not in one piece", x.name),
                       "transposed_a: false"};
  }
  if (weight.type != x.type) {
    return PimObstacle{fmt::format("'{}' is {}, '{}' is {}", x.name, numeric::name(x.type),
                                   weight.name, numeric::name(weight.type)),
                       "vectors and weights of one type"};
  }
  if (const Operator* other = other_reader(graph, op)) {
    return PimObstacle{fmt::format("weight '{}' is read by operator '{}' too, a {}", weight.name,
                                   other->name, workload::kind_name(other->attributes)),
                       "a weight that products alone read, all as the same matrix"};
  }
  auto target = find_pim_target(machine, x.type);
  if (auto* obstacle = std::get_if<PimObstacle>(&target)) {
    return std::move(*obstacle);
  }
  PimProductPlan plan{std::get<PimTarget>(std::move(target)), {}, x.elements() / shape->k};
  plan.layout = {plan.banks->channels(), plan.banks->banks(), plan.row_elements(), shape->k,
                 shape->n};
  return plan;
}

}  // namespace orrery::lowering
