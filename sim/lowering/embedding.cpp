// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/random.h"
#include "lowering/gather.h"
#include "lowering/operator_table.h"

namespace orrery::lowering {
namespace {

bool same_types(const LayerRequest& request) {
  const workload::Tensor& from = request.input(0);
  const workload::Tensor& to = request.output();
  if (from.type != to.type) {
    request.error(fmt::format("'{}' is {} and '{}' is {}", from.name, numeric::name(from.type),
                              to.name, numeric::name(to.type)),
                  "a copy of rows between tensors of one element type");
  }
  return from.type == to.type;
}

GatherProblem gather_problem(const LayerRequest& request) {
  GatherProblem problem;
  const workload::Tensor& to = request.output();
  problem.source = request.op().inputs[0];
  problem.destination = request.group.output;
  problem.row_bytes = numeric::row_bytes(to.type, to.shape.back());
  problem.rows = to.elements() / to.shape.back();
  return problem;
}

}  // namespace

std::unique_ptr<Layer> plan_embedding(const LayerRequest& request) {
  if (!same_types(request)) {
    return nullptr;
  }
  const auto& embedding = std::get<workload::Embedding>(request.op().attributes);
  GatherProblem problem = gather_problem(request);
  problem.what = "table row";
  if (embedding.rows == workload::EmbeddingRows::kPosition) {
    const auto& shape = request.output().shape;
    const std::int64_t tokens = shape[shape.size() - 2];
    problem.walk = [past = embedding.past_length, tokens] {
      return [past, tokens, row = std::int64_t{0}]() mutable { return past + row++ % tokens; };
    };
  } else {
    const std::uint64_t seed = request.seed + request.group.op;
    const std::int64_t table_rows = request.input(0).shape[0];
    problem.walk = [seed, table_rows] {
      return [random = base::Random(seed), table_rows]() mutable {
        return random.integer(0, table_rows - 1);
      };
    };
  }
  return plan_gather(request, problem);
}

std::unique_ptr<Layer> plan_select_last(const LayerRequest& request) {
  if (!same_types(request)) {
    return nullptr;
  }
  GatherProblem problem = gather_problem(request);
  problem.what = "last row of a sequence";
  problem.walk = [tokens = request.input(0).shape[1]] {
    return [tokens, row = std::int64_t{-1}]() mutable { return row += tokens; };
  };
  return plan_gather(request, problem);
}

}  // namespace orrery::lowering
