// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lowering/matrix_tiling.h"

namespace orrery::tuning {

// One way to compute a layer.
struct Candidate {
  timing::Dataflow dataflow{};
  lowering::MatrixTiling tiling;
};

// What a candidate costs, cycles or picojoules; nullopt: the search is to end.
using Evaluate = std::function<std::optional<double>(const Candidate& candidate)>;

struct SearchResult {
  std::size_t best = 0;  // index of the candidate
  double cost = 0.0;
  double first_cost = 0.0;       // of candidate 0
  std::int64_t evaluations = 0;  // done
};

// Looks for the cheapest of the candidates with at most `evaluations` evaluations, at least one.
// Candidate 0 is evaluated first, so the result is never worse than it. Half of the evaluations go
// to the least estimates; the other half to candidates that differ from the best so far in one
// choice, the least estimate first, and where none is left to random ones among the better
// estimates. The same arguments give the same result.
[[nodiscard]] SearchResult search(const std::vector<Candidate>& candidates,
                                  const Evaluate& evaluate, std::int64_t evaluations,
                                  std::uint64_t seed);

}  // namespace orrery::tuning
