// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "workload/graph.h"

namespace orrery::testing {

// The elements of a tensor, row-major; empty where they are not known.
using Values = std::vector<double>;

// Evaluates all operators of a graph by the formulas of workload/graph.h, one loop each. `values`
// by TensorId: inputs, weights and the past of caches on the way in, everything on the way out. The
// rows of embeddings with EmbeddingRows::kSeed are drawn from base::Random(seed + index of the
// operator), one for each token in order.
void evaluate(const workload::Graph& graph, std::uint64_t seed, std::vector<Values>& values);

}  // namespace orrery::testing
