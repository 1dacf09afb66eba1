// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/random.h"
#include "lowering/operators/gather.h"
#include "lowering/operators/operators.h"

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

// Rows `listed`, or as many as wanted drawn from the seed.
std::function<std::int64_t()> index_walk(std::vector<std::int64_t> listed, std::uint64_t seed,
                                         std::int64_t size) {
  if (listed.empty()) {
    return [random = base::Random(seed), size]() mutable { return random.integer(0, size - 1); };
  }
  return [listed = std::move(listed), next = std::size_t{0}]() mutable {
    return listed[next++ % listed.size()];
  };
}

}  // namespace

std::unique_ptr<Layer> plan_indexed_gather(const LayerRequest& request) {
  if (!same_types(request)) {
    return nullptr;
  }
  const auto& gather = std::get<workload::Gather>(request.op().attributes);
  const workload::Tensor& x = request.input(0);
  const auto axis = static_cast<std::size_t>(gather.axis);
  const bool is_last = axis + 1 == x.shape.size();
  if (is_last && !numeric::fills_bytes(x.type)) {
    request.error(
        fmt::format("single elements of {} do not begin at whole bytes", numeric::name(x.type)),
        "another axis than the last, or a wider type");
    return nullptr;
  }
  GatherProblem problem = gather_problem(request);
  std::int64_t inner = 1;  // rows of the last dimension in one piece
  for (std::size_t d = axis + 1; d + 1 < x.shape.size(); ++d) {
    inner *= x.shape[d];
  }
  problem.row_bytes =
      is_last ? numeric::bits(x.type) / 8 : inner * numeric::row_bytes(x.type, x.shape.back());
  const std::int64_t size = x.shape[axis];
  const std::int64_t count = request.output().shape[axis];
  problem.rows = count;
  for (std::size_t d = 0; d < axis; ++d) {
    problem.rows *= x.shape[d];
  }
  problem.what = "piece along the axis";
  problem.dependent = gather.dependent;
  const std::uint64_t seed = request.seed + request.group.op;
  problem.walk = [listed = gather.indices, seed, size, count] {
    // The same indices for each outer position.
    auto next = index_walk(listed, seed, size);
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < count; ++i) {
      indices.push_back(next());
    }
    return [indices, size, row = std::size_t{0}]() mutable {
      const std::size_t outer = row / indices.size();
      const std::int64_t index = indices[row++ % indices.size()];
      return static_cast<std::int64_t>(outer) * size + index;
    };
  };
  return plan_gather(request, problem);
}

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
    problem.walk = [embedding, tokens] {
      return [embedding, tokens, row = std::int64_t{-1}]() mutable {
        ++row;
        return embedding.past(row / tokens) + row % tokens;
      };
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

std::unique_ptr<Layer> plan_expert_dispatch(const LayerRequest& request) {
  if (!same_types(request)) {
    return nullptr;
  }
  GatherProblem problem = gather_problem(request);
  problem.what = "token of the expert";
  problem.walk = [rows = std::get<workload::ExpertDispatch>(request.op().attributes).rows] {
    return [rows, next = std::size_t{0}]() mutable { return (*rows)[next++]; };
  };
  return plan_gather(request, problem);
}

}  // namespace orrery::lowering
