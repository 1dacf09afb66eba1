// SPDX-License-Identifier: Apache-2.0
#include "lowering/matrix_tiling.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "base/integer.h"
#include "lowering/array_estimate.h"
#include "lowering/candidate_sizes.h"
#include "lowering/layer.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

bool half_bytes(const StreamedTensor& tensor) {
  return numeric::bits(tensor.type) < 8;
}

// The tiles that a walk over `tiles` of them, done `rounds` times, has to load into `slots` buffers
// used in turn: all of them once where there is a buffer for each. With fewer than twice as many
// tiles as buffers, 2 * slots - tiles buffers are used by a single tile, which stays.
std::int64_t loads(std::int64_t tiles, std::int64_t slots, std::int64_t rounds) {
  if (tiles <= slots) {
    return tiles;
  }
  if (tiles >= 2 * slots) {
    return tiles * rounds;
  }
  return (2 * slots - tiles) + 2 * (tiles - slots) * rounds;
}

struct Count {
  std::int64_t size;
  std::int64_t count;
};

// How often each size of tile comes: full ones and the last.
std::vector<Count> tile_counts(std::int64_t whole, std::int64_t tile) {
  std::vector<Count> result;
  if (whole / tile > 0) {
    result.push_back({tile, whole / tile});
  }
  if (whole % tile > 0) {
    result.push_back({whole % tile, 1});
  }
  return result;
}

// Goes through the candidates and keeps the best.
class TilingSearch {
 public:
  TilingSearch(const MatrixProblem& problem, const Machine& machine, std::int64_t scratchpad_bytes,
               int buffers)
      : problem_(problem),
        machine_(machine),
        array_(machine.arrays.front()),
        scratchpad_bytes_(scratchpad_bytes),
        buffers_(buffers) {}

  // `smallest`: whether tiles that leave the array half empty count too.
  [[nodiscard]] std::optional<MatrixTiling> run(bool smallest) {
    const bool even_n =
        half_bytes(problem_.b) || half_bytes(problem_.c) ||
        std::any_of(problem_.operands.begin(), problem_.operands.end(), half_bytes) ||
        std::any_of(problem_.bias.begin(), problem_.bias.end(), half_bytes);
    const bool even_k = half_bytes(problem_.a) || (problem_.transposed_b && half_bytes(problem_.b));
    const std::vector<std::int64_t> groups = group_blocks();
    const std::int64_t least_n = smallest ? 1 : std::min(problem_.features, array_.columns);
    const std::int64_t least_k = smallest ? 1 : std::min(problem_.channels, array_.rows);
    for (const MatrixTiling& block : output_blocks(smallest)) {
      set_outputs(block);
      for (const bool all_taps : {true, false}) {
        if (!all_taps && problem_.height.taps * problem_.width.taps == 1) {
          continue;
        }
        set_taps(all_taps);
        for (const std::int64_t block_groups : groups) {
          candidate_.groups = block_groups;
          if (block_groups > 1) {
            candidate_.channels = problem_.channels;
            candidate_.features = problem_.features;
            try_splits();
            continue;
          }
          for (const std::int64_t channels :
               candidate_sizes(problem_.channels, array_.rows, even_k)) {
            for (const std::int64_t features :
                 candidate_sizes(problem_.features, array_.columns, even_n)) {
              if (channels >= least_k && features >= least_n) {
                candidate_.channels = channels;
                candidate_.features = features;
                try_splits();
              }
            }
          }
        }
      }
    }
    return best_;
  }

 private:
  // Groups of a tile: one, of which a tile may hold a part, or several whole ones.
  [[nodiscard]] std::vector<std::int64_t> group_blocks() const {
    if (problem_.groups == 1) {
      return {1};
    }
    return candidate_sizes(problem_.groups, std::max<std::int64_t>(array_.rows / problem_.k(), 1),
                           problem_.even_groups());
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
    const std::int64_t edge = std::max(array_.rows, array_.columns);
    const std::int64_t width = problem_.width.output;
    const std::int64_t height = problem_.height.output;
    const bool even_m = problem_.transposed_a && half_bytes(problem_.a);
    for (const std::int64_t columns : candidate_sizes(width, edge, even_m)) {
      if (smallest || columns >= std::min<std::int64_t>(width, 16)) {
        add(1, 1, columns);
      }
    }
    for (const std::int64_t rows : candidate_sizes(height, 7, false)) {
      if (rows > 1) {
        add(1, rows, width);
      }
    }
    for (const std::int64_t images : candidate_sizes(problem_.images, 3, false)) {
      if (images > 1) {
        add(images, height, width);
      }
    }
    return result;
  }

  void set_outputs(const MatrixTiling& block) {
    candidate_ = block;
    candidate_.buffers = buffers_;
  }

  void set_taps(bool all_taps) {
    candidate_.all_taps = all_taps;
    walk_positions_ = problem_.images * walk_loads(problem_.height, candidate_.rows, all_taps) *
                      walk_loads(problem_.width, candidate_.columns, all_taps);
  }

  void try_splits() {
    for (const bool split_rows : {false, true}) {
      if (split_rows && machine_.arrays.size() == 1) {
        continue;
      }
      candidate_.split_rows = split_rows;
      candidate_.accumulator_slots = buffers_;
      candidate_.a_slots = buffers_;
      candidate_.b_slots = buffers_;
      const MatrixTiles tiles(problem_, candidate_, machine_.arrays.size(), array_.columns);
      if (tiles.accumulator_bytes() > array_.accumulator_bytes ||
          tiles.scratchpad_bytes() > scratchpad_bytes_) {
        continue;
      }
      candidate_.array_cycles = estimate_array(tiles);
      candidate_.vector_cycles = estimate_vector(tiles);
      try_orders(tiles);
    }
  }

  void try_orders(const MatrixTiles& tiles) {
    const std::int64_t m = tiles.m_tiles();
    const std::int64_t n = tiles.n_tiles();
    const std::int64_t k = tiles.k_tiles();
    for (const bool m_outer : {true, false}) {
      if (!m_outer && (m == 1 || n == 1)) {
        continue;
      }
      candidate_.m_outer = m_outer;
      // Enough to keep a block for the inner loop (and one more to be filled), or the whole.
      const std::int64_t a_kept = m_outer ? (n > 1 ? k + buffers_ - 1 : 0) : m * k;
      const std::int64_t b_kept = m_outer ? n * k : (m > 1 ? k + buffers_ - 1 : 0);
      for (const std::int64_t a_slots : {std::int64_t{buffers_}, a_kept}) {
        for (const std::int64_t b_slots : {std::int64_t{buffers_}, b_kept}) {
          if (a_slots < buffers_ || b_slots < buffers_) {
            continue;
          }
          candidate_.a_slots = a_slots;
          candidate_.b_slots = b_slots;
          consider();
        }
      }
    }
  }

  void consider() {
    const MatrixTiles tiles(problem_, candidate_, machine_.arrays.size(), array_.columns);
    if (tiles.scratchpad_bytes() > scratchpad_bytes_) {
      return;
    }
    estimate_memory(tiles);
    const auto rank = [&](const MatrixTiling& tiling, std::int64_t count) {
      return std::make_tuple(array_.folds_overlap ? tiling.estimate() : tiling.array_cycles,
                             tiling.tier_bytes, count);
    };
    const std::int64_t count =
        tiles.group_tiles() * tiles.m_tiles() * tiles.n_tiles() * tiles.k_tiles();
    if (!best_ || rank(candidate_, count) < rank(*best_, best_count_)) {
      best_ = candidate_;
      best_count_ = count;
    }
  }

  // The busiest array: the one that has a part of every tile.
  [[nodiscard]] std::int64_t estimate_array(const MatrixTiles& tiles) const {
    std::int64_t total = 0;
    for (const Count& groups : tile_counts(problem_.groups, candidate_.groups)) {
      total += problem_.batch_count() * groups.count * estimate_array(tiles, groups.size);
    }
    return total;
  }

  // The same for one block of so many groups.
  [[nodiscard]] std::int64_t estimate_array(const MatrixTiles& tiles, std::int64_t groups) const {
    std::int64_t total = 0;
    const MatrixTiling& t = candidate_;
    const std::int64_t taps = problem_.height.taps * problem_.width.taps;
    for (const Count& image : tile_counts(problem_.images, t.images)) {
      for (const Count& row : tile_counts(problem_.height.output, t.rows)) {
        for (const Count& column : tile_counts(problem_.width.output, t.columns)) {
          const OutputBlock outputs{{0, image.size}, {0, row.size}, {0, column.size}};
          for (const Count& feature : tile_counts(problem_.features, t.features)) {
            const auto part = tiles.part({0, groups}, outputs, {0, feature.size}, 0);
            for (const Count& channel : tile_counts(problem_.channels, t.channels)) {
              TileSize size{part->outputs.positions(), part->features.count,
                            channel.size * (t.all_taps ? taps : 1), part->groups.count};
              const std::int64_t repeats = problem_.packing ? 1 : size.groups;
              size.groups /= repeats;
              total +=
                  image.count * row.count * column.count * feature.count * channel.count *
                  (t.all_taps ? 1 : taps) * repeats *
                  array_cycles(array_, problem_.dataflow, size, problem_.a.type, problem_.b.type);
            }
          }
        }
      }
    }
    return total;
  }

  [[nodiscard]] std::int64_t vector_cycles_of_tile(const MatrixTiles& tiles) const {
    const timing::VectorCosts& costs = machine_.vector_units.front().costs;
    const auto units = static_cast<std::int64_t>(machine_.vector_units.size());
    timing::PassWork pass;
    pass.simple = problem_.simple;
    pass.exponentials = problem_.exponentials;
    pass.divides = problem_.divides;
    const std::int64_t columns = tiles.part_groups() * tiles.part_features();
    pass.bytes_read = tiles.part_positions() * columns * kPartialSumBytes;
    for (const StreamedTensor& operand : problem_.operands) {
      pass.bytes_read += tiles.part_bytes(operand.type);
    }
    pass.bytes_written = tiles.part_bytes(problem_.c.type);
    const std::int64_t cycles =
        timing::vector_timing(costs, tiles.part_positions(), columns, {pass}).cycles;
    return divide_up(tiles.parts() * cycles, std::min(units, tiles.parts() * units));
  }

  [[nodiscard]] std::int64_t estimate_vector(const MatrixTiles& tiles) const {
    return tiles.group_tiles() * tiles.m_tiles() * tiles.n_tiles() * vector_cycles_of_tile(tiles);
  }

  [[nodiscard]] std::int64_t walk_bytes(const StreamedTensor& tensor, std::int64_t rows,
                                        std::int64_t whole, std::int64_t part) const {
    return machine_.tiers[tensor.tier].bytes_in_pieces(rows, numeric::row_bytes(tensor.type, whole),
                                                       numeric::row_bytes(tensor.type, part));
  }

  // Of all groups side by side in a row, and of the groups of a tile.
  [[nodiscard]] std::int64_t whole_row(std::int64_t elements) const {
    return problem_.interleaved() ? problem_.groups * elements : elements;
  }
  [[nodiscard]] std::int64_t part_row(std::int64_t groups, std::int64_t elements) const {
    return problem_.interleaved() ? groups * elements : elements;
  }
  // Matrices of a stacked operand that are loaded: those that groups share once a tile.
  [[nodiscard]] std::int64_t matrices(bool shared) const {
    if (problem_.interleaved()) {
      return 1;
    }
    return problem_.batch_count() *
           (shared ? divide_up(problem_.groups, candidate_.groups) : problem_.groups);
  }

  [[nodiscard]] std::int64_t walk_b_bytes() const {
    const std::int64_t matrix =
        problem_.transposed_b
            ? walk_bytes(problem_.b, problem_.features, problem_.channels, candidate_.channels)
            : walk_bytes(problem_.b, problem_.k(), whole_row(problem_.features),
                         part_row(candidate_.groups, candidate_.features));
    return matrices(problem_.shared_b) * matrix;
  }

  [[nodiscard]] std::int64_t walk_a_bytes() const {
    const std::int64_t matrix =
        problem_.transposed_a
            ? walk_bytes(problem_.a, problem_.channels, problem_.width.output, candidate_.columns)
            : walk_bytes(problem_.a, walk_positions_, whole_row(problem_.channels),
                         part_row(candidate_.groups, candidate_.channels));
    return matrices(problem_.shared_a) * matrix;
  }

  // Where outputs lie apart, the rows between them are not written.
  [[nodiscard]] std::int64_t result_bytes(const MatrixTiles& tiles,
                                          const StreamedTensor& tensor) const {
    return matrices(false) * walk_bytes(tensor, problem_.m(),
                                        whole_row(problem_.features) * problem_.result_width.step,
                                        part_row(tiles.part_groups(), tiles.part_features()));
  }

  void estimate_memory(const MatrixTiles& tiles) {
    const MatrixTiling& t = candidate_;
    const std::int64_t m = tiles.m_tiles();
    const std::int64_t n = tiles.n_tiles();
    const std::int64_t k = tiles.k_tiles();
    const std::int64_t groups = tiles.group_tiles();
    const std::int64_t a_loads =
        t.m_outer ? m * loads(k, t.a_slots, n) : loads(m * k, t.a_slots, n);
    const std::int64_t b_loads =
        t.m_outer ? loads(n * k, t.b_slots, m) : n * loads(k, t.b_slots, m);
    std::vector<std::int64_t> bytes(machine_.tiers.size(), 0);
    bytes[problem_.a.tier] += scale(walk_a_bytes(), a_loads, m * k);
    bytes[problem_.b.tier] += scale(walk_b_bytes(), b_loads, n * k);
    bytes[problem_.c.tier] += result_bytes(tiles, problem_.c);
    for (const StreamedTensor& operand : problem_.operands) {
      bytes[operand.tier] += result_bytes(tiles, operand);
    }
    for (const StreamedTensor& bias : problem_.bias) {
      bytes[bias.tier] += numeric::row_bytes(bias.type, whole_row(problem_.features)) *
                          (t.m_outer && n > t.buffers ? m : 1);
    }
    candidate_.tier_bytes = 0;
    candidate_.memory_cycles = -1;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::int64_t cycles = machine_.tiers[i].cycles(bytes[i]);
      candidate_.tier_bytes += bytes[i];
      if (cycles > candidate_.memory_cycles) {
        candidate_.memory_cycles = cycles;
        candidate_.slowest_tier = static_cast<std::uint16_t>(i);
      }
    }
    const auto& tiers = machine_.tiers;
    candidate_.buffer_cycles =
        std::max(buffer_cycles(problem_.a, groups * a_loads, walk_a_bytes(), groups * m * k,
                               t.a_slots, groups * m * n * k),
                 buffer_cycles(problem_.b, groups * b_loads, walk_b_bytes(), groups * n * k,
                               t.b_slots, groups * m * n * k));
    candidate_.edge_cycles =
        std::max(tiers[problem_.a.tier].latency_cycles, tiers[problem_.b.tier].latency_cycles) +
        tiers[problem_.a.tier].cycles(tiles.a_bytes()) +
        tiers[problem_.b.tier].cycles(tiles.b_bytes()) + array_drain_cycles(array_) +
        vector_cycles_of_tile(tiles) +
        tiers[problem_.c.tier].cycles(tiles.parts() * tiles.part_bytes(problem_.c.type));
  }

  // A buffer is loaded, used by a tile and free again when the tile's results are there; `slots` of
  // them take turns. walk: bytes of all `tiles` of the operand; products: tiles of the layer.
  [[nodiscard]] std::int64_t buffer_cycles(const StreamedTensor& tensor, std::int64_t loads,
                                           std::int64_t walk, std::int64_t tiles,
                                           std::int64_t slots, std::int64_t products) const {
    const Machine::Tier& tier = machine_.tiers[tensor.tier];
    const std::int64_t round = tier.latency_cycles + tier.cycles(divide_up(walk, tiles)) +
                               divide_up(candidate_.array_cycles, products) +
                               array_drain_cycles(array_);
    return scale(round, loads, slots);
  }

  static std::int64_t scale(std::int64_t bytes, std::int64_t times, std::int64_t of) {
    return static_cast<std::int64_t>(static_cast<__int128>(bytes) * times / of);
  }

  const MatrixProblem& problem_;
  const Machine& machine_;
  const Machine::Array& array_;
  std::int64_t scratchpad_bytes_;
  int buffers_;
  MatrixTiling candidate_;
  std::int64_t walk_positions_ = 0;  // of a, in one walk over all m and k tiles
  std::optional<MatrixTiling> best_;
  std::int64_t best_count_ = 0;
};

}  // namespace

std::optional<MatrixTiling> choose_tiling(const MatrixProblem& problem, const Machine& machine,
                                          std::int64_t scratchpad_bytes, int buffers) {
  auto best = TilingSearch(problem, machine, scratchpad_bytes, buffers).run(false);
  return best ? best : TilingSearch(problem, machine, scratchpad_bytes, buffers).run(true);
}

std::int64_t smallest_tile_bytes(const MatrixProblem& problem, const Machine& machine) {
  MatrixTiling tiling;
  const auto least = [](std::int64_t whole) { return std::min<std::int64_t>(whole, 2); };
  tiling.features = least(problem.features);
  tiling.channels = least(problem.channels);
  if (problem.even_groups()) {
    tiling.groups = least(problem.groups);
    tiling.channels = problem.channels;
    tiling.features = problem.features;
  }
  tiling.all_taps = problem.height.taps * problem.width.taps == 1;
  return MatrixTiles(problem, tiling, machine.arrays.size(), machine.arrays.front().columns)
      .scratchpad_bytes();
}

const std::optional<MatrixTiling>& MatrixTilingCache::choose(const Key& key,
                                                             const Machine& machine) {
  auto found = chosen_.find(key);
  if (found == chosen_.end()) {
    found =
        chosen_.emplace(key, choose_tiling(key.problem, machine, key.scratchpad_bytes, key.buffers))
            .first;
  }
  return found->second;
}

}  // namespace orrery::lowering
