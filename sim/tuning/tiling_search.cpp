// SPDX-License-Identifier: Apache-2.0
#include "tuning/tiling_search.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/error.h"
#include "base/random.h"

namespace orrery::tuning {
namespace {

constexpr std::int64_t kFirstByEstimate = 8;
constexpr std::int64_t kRandomEvery = 8;
constexpr std::int64_t kRatioUnit = 4096;    // ratios of cost to estimate count in parts of it
constexpr std::int64_t kCorrectedUnit = 64;  // corrected estimates likewise

// In how many choices candidates differ.
int distance(const Candidate& left, const Candidate& right) {
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
  return static_cast<int>(std::count(differ.begin(), differ.end(), true));
}

// What the evaluated candidates that are most like one say of it.
class Neighbours {
 public:
  void add(int distance, std::int64_t ratio) {
    std::size_t place = count_;
    while (place > 0 && nearest_[place - 1].distance > distance) {
      --place;
    }
    if (place == kMost) {
      return;
    }
    count_ = std::min(count_ + 1, kMost);
    for (std::size_t i = count_ - 1; i > place; --i) {
      nearest_[i] = nearest_[i - 1];
    }
    nearest_[place] = {distance, ratio};
  }

  // The mean ratio, weighted by one over the square of the distance, times the estimate.
  [[nodiscard]] std::int64_t corrected(std::int64_t estimate) const {
    constexpr std::int64_t kWeightUnit = 27720;  // divisible by every distance
    std::int64_t weights = 0;
    __int128 sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      const std::int64_t part = kWeightUnit / std::max(nearest_[i].distance, 1);
      const std::int64_t weight = part * part;
      weights += weight;
      sum += static_cast<__int128>(weight) * nearest_[i].ratio;
    }
    return count_ == 0 ? estimate * kCorrectedUnit
                       : static_cast<std::int64_t>(sum * estimate / weights /
                                                   (kRatioUnit / kCorrectedUnit));
  }

 private:
  struct Neighbour {
    int distance = 0;
    std::int64_t ratio = 0;
  };
  static constexpr std::size_t kMost = 8;
  std::array<Neighbour, kMost> nearest_{};  // the nearest first, of equal ones the oldest
  std::size_t count_ = 0;
};

class Search {
 public:
  Search(const std::vector<Candidate>& candidates, const Evaluate& evaluate,
         std::int64_t evaluations, std::uint64_t seed)
      : candidates_(candidates),
        evaluate_(evaluate),
        left_(evaluations),
        random_(seed),
        neighbours_(candidates.size()) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      rest_.push_back(i);
    }
    std::sort(rest_.begin(), rest_.end(), [&](std::size_t a, std::size_t b) {
      const auto rank = [&](std::size_t i) {
        return std::tuple(candidates[i].estimate, candidates[i].tiling.tier_bytes, i);
      };
      return rank(a) < rank(b);
    });
  }

  SearchResult run() {
    const auto first = std::find(rest_.begin(), rest_.end(), std::size_t{0});
    try_candidate(static_cast<std::size_t>(first - rest_.begin()));
    result_.first_cost = result_.cost;
    for (std::int64_t turn = 0; left_ > 0 && !rest_.empty(); ++turn) {
      try_candidate(next(turn));
    }
    result_.is_proven = rest_.empty();
    return result_;
  }

 private:
  // place: in rest_.
  void try_candidate(std::size_t place) {
    const std::size_t candidate = rest_[place];
    const std::optional<std::int64_t> cost = evaluate_(candidates_[candidate]);
    if (!cost) {
      left_ = 0;
      return;
    }
    --left_;
    if (result_.evaluations++ == 0 || *cost < result_.cost) {
      result_.cost = *cost;
      result_.best = candidate;
    }
    const auto ratio = static_cast<std::int64_t>(static_cast<__int128>(*cost) * kRatioUnit /
                                                 candidates_[candidate].estimate);
    rest_.erase(rest_.begin() + static_cast<std::ptrdiff_t>(place));
    std::erase_if(rest_, [&](std::size_t i) { return candidates_[i].bound >= result_.cost; });
    for (const std::size_t i : rest_) {
      neighbours_[i].add(distance(candidates_[i], candidates_[candidate]), ratio);
    }
  }

  // The place in rest_ of the next candidate.
  [[nodiscard]] std::size_t next(std::int64_t turn) {
    if (turn < kFirstByEstimate) {
      return 0;
    }
    const auto corrected = [&](std::size_t i) {
      return neighbours_[i].corrected(candidates_[i].estimate);
    };
    if (turn % kRandomEvery == 0) {
      return static_cast<std::size_t>(
          random_.integer(0, static_cast<std::int64_t>(rest_.size() - 1) / 4));
    }
    std::size_t best = 0;
    std::int64_t least = corrected(rest_.front());
    for (std::size_t place = 1; place < rest_.size(); ++place) {
      const std::int64_t estimate = corrected(rest_[place]);
      if (estimate < least) {
        least = estimate;
        best = place;
      }
    }
    return best;
  }

  const std::vector<Candidate>& candidates_;
  const Evaluate& evaluate_;
  std::int64_t left_;
  base::Random random_;
  std::vector<Neighbours> neighbours_;  // by candidate
  std::vector<std::size_t> rest_;       // that may be cheaper, the least estimate first
  SearchResult result_;
};

}  // namespace

bool same_choice(const lowering::MatrixTiling& left, const lowering::MatrixTiling& right) {
  const auto choice = [](const lowering::MatrixTiling& t) {
    return std::tuple(t.groups, t.images, t.rows, t.columns, t.features, t.channels, t.all_taps,
                      t.m_outer, t.split_rows, t.a_slots, t.b_slots, t.buffers);
  };
  return choice(left) == choice(right);
}

SearchResult search(const std::vector<Candidate>& candidates, const Evaluate& evaluate,
                    std::int64_t evaluations, std::uint64_t seed) {
  base::require_invariant(!candidates.empty() && evaluations > 0,
                          "a search has candidates and may try one");
  return Search(candidates, evaluate, evaluations, seed).run();
}

}  // namespace orrery::tuning
