// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lowering/tiling/matrix_tiling.h"

namespace orrery::tuning {

// One way to compute a layer.
struct Candidate {
  timing::Dataflow dataflow{};
  lowering::MatrixTiling tiling;
  std::int64_t estimate = 1;  // of its cost, in any unit that all candidates share; at least 1
  std::int64_t bound = 0;     // its cost is no less
};

// Whether tilings choose the same, whatever their estimates say.
[[nodiscard]] bool same_choice(const lowering::MatrixTiling& left,
                               const lowering::MatrixTiling& right);

// What a candidate costs, cycles or femtojoules; nullopt: the search is to end.
using Evaluate = std::function<std::optional<std::int64_t>(const Candidate& candidate)>;

struct SearchResult {
  std::size_t best = 0;  // index of the candidate
  std::int64_t cost = 0;
  std::int64_t first_cost = 0;   // of candidate 0
  std::int64_t evaluations = 0;  // done
  bool is_proven = false;        // every other candidate was evaluated or cannot be cheaper
};

// Looks for the cheapest of the candidates with at most `evaluations` evaluations, at least one.
// Candidate 0 is evaluated first, so the result is never worse than it; then the least estimates.
// From then on an estimate is corrected by how far the costs of the most similar evaluated
// candidates were from theirs, and the least corrected estimate is next; every eighth time a random
// one of the better quarter, lest a region is never looked at. Candidates whose bound is not below
// the best cost are left out. The same arguments give the same result.
[[nodiscard]] SearchResult search(const std::vector<Candidate>& candidates,
                                  const Evaluate& evaluate, std::int64_t evaluations,
                                  std::uint64_t seed);

}  // namespace orrery::tuning
