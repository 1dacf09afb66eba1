// SPDX-License-Identifier: Apache-2.0
#include "tuning/tiling_search.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/error.h"
#include "base/random.h"

namespace orrery::tuning {
namespace {

// Whether candidates differ in exactly one choice.
bool are_neighbours(const Candidate& left, const Candidate& right) {
  const lowering::MatrixTiling& a = left.tiling;
  const lowering::MatrixTiling& b = right.tiling;
  const std::array<bool, 12> differ{left.dataflow != right.dataflow,
                                    a.groups != b.groups,
                                    a.images != b.images,
                                    a.rows != b.rows,
                                    a.columns != b.columns,
                                    a.features != b.features,
                                    a.channels != b.channels,
                                    a.all_taps != b.all_taps,
                                    a.m_outer != b.m_outer,
                                    a.split_rows != b.split_rows,
                                    (a.a_slots > a.buffers) != (b.a_slots > b.buffers),
                                    (a.b_slots > a.buffers) != (b.b_slots > b.buffers)};
  return std::count(differ.begin(), differ.end(), true) == 1;
}

class Search {
 public:
  Search(const std::vector<Candidate>& candidates, const Evaluate& evaluate,
         std::int64_t evaluations, std::uint64_t seed)
      : candidates_(candidates),
        evaluate_(evaluate),
        left_(evaluations),
        random_(seed),
        done_(candidates.size(), false) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      by_estimate_.push_back(i);
    }
    std::sort(by_estimate_.begin(), by_estimate_.end(),
              [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  }

  SearchResult run() {
    try_candidate(0);
    result_.first_cost = result_.cost;
    const std::int64_t for_estimates = left_ / 2;
    for (const std::size_t candidate : by_estimate_) {
      if (result_.evaluations > for_estimates) {
        break;
      }
      try_candidate(candidate);
    }
    while (left_ > 0 && result_.evaluations < static_cast<std::int64_t>(candidates_.size())) {
      try_candidate(next());
    }
    return result_;
  }

 private:
  [[nodiscard]] std::tuple<std::int64_t, std::int64_t, std::size_t> rank(std::size_t i) const {
    const lowering::MatrixTiling& tiling = candidates_[i].tiling;
    return {tiling.estimate(), tiling.tier_bytes, i};
  }

  void try_candidate(std::size_t candidate) {
    if (left_ <= 0 || done_[candidate]) {
      return;
    }
    const std::optional<double> cost = evaluate_(candidates_[candidate]);
    if (!cost) {
      left_ = 0;
      return;
    }
    done_[candidate] = true;
    --left_;
    if (result_.evaluations++ == 0 || *cost < result_.cost) {
      result_.cost = *cost;
      result_.best = candidate;
    }
  }

  // The best neighbour that was not tried yet, else one of the better half of what is left.
  [[nodiscard]] std::size_t next() {
    std::vector<std::size_t> rest;
    for (const std::size_t candidate : by_estimate_) {
      if (!done_[candidate]) {
        if (are_neighbours(candidates_[candidate], candidates_[result_.best])) {
          return candidate;
        }
        rest.push_back(candidate);
      }
    }
    return rest[static_cast<std::size_t>(
        random_.integer(0, static_cast<std::int64_t>(rest.size() - 1) / 2))];
  }

  const std::vector<Candidate>& candidates_;
  const Evaluate& evaluate_;
  std::int64_t left_;
  base::Random random_;
  std::vector<bool> done_;
  std::vector<std::size_t> by_estimate_;
  SearchResult result_;
};

}  // namespace

SearchResult search(const std::vector<Candidate>& candidates, const Evaluate& evaluate,
                    std::int64_t evaluations, std::uint64_t seed) {
  base::require_invariant(!candidates.empty() && evaluations > 0,
                          "a search has candidates and may try one");
  return Search(candidates, evaluate, evaluations, seed).run();
}

}  // namespace orrery::tuning
