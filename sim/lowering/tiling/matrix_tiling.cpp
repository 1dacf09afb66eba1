// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/matrix_tiling.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "lowering/tiling/candidate_sizes.h"
#include "lowering/tiling/tiling_estimator.h"
#include "lowering/tiling/tiling_space.h"

namespace orrery::lowering {
namespace {

// Goes through the candidates, with their estimates.
class TilingSearch {
 public:
  using Visit = std::function<void(const MatrixTiling&, const MatrixTiles&)>;

  TilingSearch(const MatrixProblem& problem, const Machine& machine, const MatrixWishes& wishes,
               std::int64_t scratchpad_bytes, int buffers, SizeList sizes, Visit visit)
      : problem_(problem),
        machine_(machine),
        wishes_(wishes),
        array_(machine.arrays.front()),
        edges_(array_.least_tile(machine.partitions > 1)),
        scratchpad_bytes_(scratchpad_bytes),
        buffers_(buffers),
        candidate_sizes_(sizes),
        estimator_(problem, machine),
        visit_(std::move(visit)) {}

  // `smallest`: whether tiles that leave the array half empty count too.
  void run(bool smallest) {
    const std::vector<std::int64_t> groups = group_blocks();
    for (const MatrixTiling& block : output_blocks(smallest)) {
      candidate_ = block;
      candidate_.buffers = buffers_;
      candidate_.c_slots = wishes_.stages ? 1 : buffers_;
      candidate_.whole_tiles = wishes_.stages.has_value();
      candidate_.cluster = wishes_.cluster;
      candidate_.operands_first = wishes_.operands_first;
      for (const bool all_taps : {true, false}) {
        if ((!all_taps && problem_.height.taps * problem_.width.taps == 1) ||
            wishes_.all_taps.value_or(all_taps) != all_taps) {
          continue;
        }
        candidate_.all_taps = all_taps;
        for (const std::int64_t block_groups : groups) {
          candidate_.groups = block_groups;
          if (block_groups == 1) {
            try_parts_of_a_group(smallest);
          } else if (wishes_.channels.value_or(problem_.channels) == problem_.channels &&
                     wishes_.features.value_or(problem_.features) == problem_.features) {
            candidate_.channels = problem_.channels;
            candidate_.features = problem_.features;
            try_splits();
          }
        }
      }
    }
  }

 private:
  // What the mapping fixed, else the candidates.
  [[nodiscard]] std::vector<std::int64_t> sizes(std::optional<std::int64_t> fixed,
                                                std::int64_t whole, std::int64_t edge,
                                                std::int64_t granule = 1) const {
    return fixed ? std::vector{*fixed} : candidate_sizes_(whole, edge, granule);
  }

  // Groups of a tile: one, of which a tile may hold a part, or several whole ones.
  [[nodiscard]] std::vector<std::int64_t> group_blocks() const {
    // Tables, as all blocks, are of one group.
    if (problem_.groups == 1 || numeric::is_table(problem_.array_a_type())) {
      return {1};
    }
    return sizes(wishes_.groups, problem_.groups,
                 std::max<std::int64_t>(edges_.k / problem_.k(), 1), problem_.group_granule());
  }

  void try_parts_of_a_group(bool smallest) {
    const std::int64_t least_n =
        smallest || wishes_.features ? 1 : std::min(problem_.features, edges_.n);
    const std::int64_t least_k =
        smallest || wishes_.channels ? 1 : std::min(problem_.channels, edges_.k);
    for (const std::int64_t channels :
         sizes(wishes_.channels, problem_.channels, edges_.k, channel_granule(problem_))) {
      for (const std::int64_t features :
           sizes(wishes_.features, problem_.features, edges_.n, feature_granule(problem_))) {
        if (channels >= least_k && features >= least_n) {
          candidate_.channels = channels;
          candidate_.features = features;
          try_splits();
        }
      }
    }
  }

  // Output blocks: parts of a row of positions, whole rows, whole images.
  [[nodiscard]] std::vector<MatrixTiling> output_blocks(bool smallest) const {
    std::vector<MatrixTiling> result;
    const auto add = [&](std::int64_t images, std::int64_t rows, std::int64_t columns) {
      MatrixTiling tiling;
      tiling.images = images;
      tiling.rows = rows;
      tiling.columns = columns;
      result.push_back(tiling);
    };
    const std::int64_t edge = edges_.m;
    const std::int64_t width = problem_.width.output;
    const std::int64_t height = problem_.height.output;
    const std::int64_t granule = column_granule(problem_);
    if (wishes_.outputs()) {
      for (const std::int64_t images : sizes(wishes_.images, problem_.images, 3, 1)) {
        for (const std::int64_t rows : sizes(wishes_.rows, height, 7, 1)) {
          for (const std::int64_t columns : sizes(wishes_.columns, width, edge, granule)) {
            add(images, rows, columns);
          }
        }
      }
      return result;
    }
    for (const std::int64_t columns : candidate_sizes_(width, edge, granule)) {
      if (smallest || columns >= std::min<std::int64_t>(width, 16)) {
        add(1, 1, columns);
      }
    }
    for (const std::int64_t rows : candidate_sizes_(height, 7, 1)) {
      if (rows > 1) {
        add(1, rows, width);
      }
    }
    for (const std::int64_t images : candidate_sizes_(problem_.images, 3, 1)) {
      if (images > 1) {
        add(images, height, width);
      }
    }
    return result;
  }

  void try_splits() {
    for (const bool split_rows : {false, true}) {
      if ((split_rows && machine_.arrays.size() == 1 && !wishes_.split_rows) ||
          wishes_.split_rows.value_or(split_rows) != split_rows) {
        continue;
      }
      candidate_.split_rows = split_rows;
      try_accumulators(buffers_);
      // Twice as large a tile may be worth waiting for its write-out where many load operands.
      if (machine_.partitions > 1 && buffers_ > 1) {
        try_accumulators(1);
      }
    }
  }

  void try_accumulators(std::int64_t accumulator_slots) {
    candidate_.accumulator_slots = accumulator_slots;
    candidate_.a_slots = wishes_.a_slots.value_or(buffers_);
    candidate_.b_slots = wishes_.b_slots.value_or(buffers_);
    if (wishes_.stages) {
      set_stages(*wishes_.stages);
    }
    const MatrixTiles tiles(problem_, candidate_, machine_.arrays.size(), array_.edges().n);
    if (tiles.accumulator_bytes() > array_.accumulator_bytes ||
        tiles.scratchpad_bytes() > scratchpad_bytes_) {
      return;
    }
    estimator_.estimate_engines(candidate_);
    try_orders(tiles);
  }

  // As many buffers of both operands as fit, at most so many.
  void set_stages(std::int64_t most) {
    const MatrixTiles tiles(problem_, candidate_, machine_.arrays.size(), array_.edges().n);
    for (stages_ = std::clamp<std::int64_t>(tiles.k_tiles(), 2, most); stages_ >= 2; --stages_) {
      candidate_.a_slots = wishes_.a_slots.value_or(stages_);
      candidate_.b_slots = wishes_.b_slots.value_or(stages_);
      if (tiles.scratchpad_bytes() <= scratchpad_bytes_) {
        return;
      }
    }
  }

  void try_orders(const MatrixTiles& tiles) {
    const std::int64_t m = tiles.m_tiles();
    const std::int64_t n = tiles.n_tiles();
    const std::int64_t k = tiles.k_tiles();
    for (const bool m_outer : {true, false}) {
      if ((!m_outer && (m == 1 || n == 1) && !wishes_.m_outer) ||
          wishes_.m_outer.value_or(m_outer) != m_outer) {
        continue;
      }
      candidate_.m_outer = m_outer;
      if (wishes_.operands_first) {
        keep_operands(m * k, n * k);
        continue;
      }
      // Enough to keep a block for the inner loop (and one more to be filled), or the whole.
      // Partitions that share the result keep nothing from one tile to the next.
      const bool keeps = machine_.partitions == 1;
      const std::int64_t a_kept = !keeps ? 0 : m_outer ? (n > 1 ? k + buffers_ - 1 : 0) : m * k;
      const std::int64_t b_kept = !keeps ? 0 : m_outer ? n * k : (m > 1 ? k + buffers_ - 1 : 0);
      for (const std::int64_t a_slots : slots(wishes_.a_slots, wishes_.keep_a, a_kept)) {
        for (const std::int64_t b_slots : slots(wishes_.b_slots, wishes_.keep_b, b_kept)) {
          candidate_.a_slots = a_slots;
          candidate_.b_slots = b_slots;
          consider();
        }
      }
    }
  }

  // A buffer for each tile of both operands.
  void keep_operands(std::int64_t a_tiles, std::int64_t b_tiles) {
    if (wishes_.a_slots.value_or(a_tiles) == a_tiles &&
        wishes_.b_slots.value_or(b_tiles) == b_tiles) {
      candidate_.a_slots = a_tiles;
      candidate_.b_slots = b_tiles;
      consider();
    }
  }

  // Buffers of an operand: as many as tiles stream through, or `kept`, where the operand can stay.
  [[nodiscard]] std::vector<std::int64_t> slots(std::optional<std::int64_t> fixed,
                                                std::optional<bool> keep, std::int64_t kept) const {
    if (fixed) {
      return {*fixed};
    }
    if (wishes_.stages) {
      return {stages_};
    }
    if (keep) {
      return {*keep ? std::max<std::int64_t>(kept, buffers_) : buffers_};
    }
    std::vector<std::int64_t> result{buffers_};
    if (kept > buffers_) {
      result.push_back(kept);
    }
    return result;
  }

  void consider() {
    const MatrixTiles tiles(problem_, candidate_, machine_.arrays.size(), array_.edges().n);
    if (tiles.scratchpad_bytes() > scratchpad_bytes_) {
      return;
    }
    estimator_.estimate_memory(candidate_);
    visit_(candidate_, tiles);
  }

  const MatrixProblem& problem_;
  const Machine& machine_;
  const MatrixWishes& wishes_;
  const Machine::Array& array_;
  Machine::Array::Edges edges_;
  std::int64_t scratchpad_bytes_;
  int buffers_;
  SizeList candidate_sizes_;
  TilingEstimator estimator_;
  Visit visit_;
  MatrixTiling candidate_;
  std::int64_t stages_ = 0;  // of the candidate, where the wishes leave their number open
};

// Keeps the best candidate.
class BestTiling {
 public:
  explicit BestTiling(const Machine& machine) : array_(machine.arrays.front()) {}

  void consider(const MatrixTiling& candidate, const MatrixTiles& tiles) {
    const Rank rank = rank_of(candidate, tiles);
    if (!best_ || rank < best_rank_) {
      best_ = candidate;
      best_rank_ = rank;
    }
  }
  [[nodiscard]] const std::optional<MatrixTiling>& best() const { return best_; }

 private:
  using Rank = std::array<std::int64_t, 4>;

  // Where operands wait on chip, nothing but results needs room: tiles of these are as large as
  // they can be.
  [[nodiscard]] Rank rank_of(const MatrixTiling& tiling, const MatrixTiles& tiles) const {
    const std::int64_t results = tiles.group_tiles() * tiles.m_tiles() * tiles.n_tiles();
    return {tiling.operands_first ? results : 0, tiling.deciding_cycles(array_), tiling.tier_bytes,
            results * tiles.k_tiles()};
  }

  const Machine::Array& array_;
  std::optional<MatrixTiling> best_;
  Rank best_rank_{};
};

}  // namespace

std::optional<MatrixTiling> choose_tiling(const MatrixProblem& problem, const Machine& machine,
                                          const MatrixWishes& wishes, std::int64_t scratchpad_bytes,
                                          int buffers) {
  BestTiling best(machine);
  TilingSearch search(
      problem, machine, wishes, scratchpad_bytes, buffers, candidate_sizes,
      [&](const MatrixTiling& tiling, const MatrixTiles& tiles) { best.consider(tiling, tiles); });
  search.run(false);
  if (!best.best()) {
    search.run(true);
  }
  return best.best();
}

std::vector<MatrixTiling> tiling_space(const MatrixProblem& problem, const Machine& machine,
                                       const MatrixWishes& wishes, std::int64_t scratchpad_bytes,
                                       int buffers) {
  std::vector<MatrixTiling> result;
  TilingSearch search(
      problem, machine, wishes, scratchpad_bytes, buffers, fine_candidate_sizes,
      [&](const MatrixTiling& tiling, const MatrixTiles&) { result.push_back(tiling); });
  search.run(false);
  if (result.empty()) {
    search.run(true);
  }
  return result;
}

MatrixTiling smallest_tiling(const MatrixProblem& problem, const MatrixWishes& wishes) {
  MatrixTiling tiling;
  const auto least = [](std::int64_t whole, std::int64_t granule) {
    return std::min(whole, std::max<std::int64_t>(granule, 2));
  };
  tiling.images = wishes.images.value_or(1);
  tiling.rows = wishes.rows.value_or(1);
  tiling.columns = wishes.columns.value_or(1);
  tiling.features = wishes.features.value_or(least(problem.features, feature_granule(problem)));
  tiling.channels = wishes.channels.value_or(least(problem.channels, channel_granule(problem)));
  tiling.groups = wishes.groups.value_or(std::min(problem.groups, problem.group_granule()));
  if (tiling.groups > 1) {
    tiling.channels = problem.channels;
    tiling.features = problem.features;
  }
  tiling.all_taps = wishes.all_taps.value_or(problem.height.taps * problem.width.taps == 1);
  tiling.split_rows = wishes.split_rows.value_or(false);
  tiling.a_slots = wishes.a_slots.value_or(1);
  tiling.b_slots = wishes.b_slots.value_or(1);
  return tiling;
}

const std::optional<MatrixTiling>& MatrixTilingCache::choose(const Key& key,
                                                             const Machine& machine) {
  auto found = chosen_.find(key);
  if (found == chosen_.end()) {
    found = chosen_
                .emplace(key, choose_tiling(key.problem, machine, key.wishes, key.scratchpad_bytes,
                                            key.buffers))
                .first;
  }
  return found->second;
}

}  // namespace orrery::lowering
