// SPDX-License-Identifier: Apache-2.0
#include "lowering/tiling/tiling_estimator.h"

#include <algorithm>
#include <vector>

#include "base/integer.h"
#include "command/vector_passes.h"
#include "lowering/machine/array_estimate.h"
#include "lowering/machine/buffers.h"

namespace orrery::lowering {
namespace {

using base::divide_up;

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

std::int64_t scale(std::int64_t bytes, std::int64_t times, std::int64_t of) {
  return static_cast<std::int64_t>(static_cast<__int128>(bytes) * times / of);
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

}  // namespace

void TilingEstimator::estimate_engines(MatrixTiling& tiling) const {
  const MatrixTiles tiles = tiles_of(tiling);
  if (machine_.partitions > 1) {
    // The time of a tile is that of a full one: the busiest partition may have no other.
    tiling.array_cycles = rounds(tiles) * array_cycles_of(tiles, tiling.groups);
    tiling.vector_cycles = rounds(tiles) * (vector_cycles_of_tile(tiles) +
                                            tiles.k_tiles() * table_cycles_of_tile(tiles));
    if (tiling.accumulator_slots == 1) {
      // The sums leave before the next tile begins.
      tiling.array_cycles += rounds(tiles) * vector_cycles_of_tile(tiles);
    }
    return;
  }
  tiling.array_cycles = 0;
  for (const Count& groups : tile_counts(problem_.groups, tiling.groups)) {
    tiling.array_cycles +=
        problem_.batch_count() * groups.count * array_cycles_of(tiles, groups.size);
  }
  tiling.vector_cycles =
      tiles.group_tiles() * tiles.m_tiles() * tiles.n_tiles() *
      (vector_cycles_of_tile(tiles) + tiles.k_tiles() * table_cycles_of_tile(tiles));
}

std::int64_t TilingEstimator::rounds(const MatrixTiles& tiles) const {
  return divide_up(tiles.group_tiles() * tiles.m_slots() * tiles.n_tiles(), machine_.partitions);
}

// Partitions that work on a square of the result at a time share its operands.
std::int64_t TilingEstimator::tile_cycles(const Machine::Tier& tier, std::int64_t bytes) const {
  return tier.cycles(machine_.partitions * bytes, band_of(machine_.partitions) * bytes);
}

// The busiest array, the one that has a part of every tile, for one block of so many groups; of
// several partitions, for one result tile.
std::int64_t TilingEstimator::array_cycles_of(const MatrixTiles& tiles, std::int64_t groups) const {
  std::int64_t total = 0;
  const MatrixTiling& t = tiles.tiling();
  const std::int64_t taps = problem_.height.taps * problem_.width.taps;
  const auto result_tiles = [&](std::int64_t whole, std::int64_t tile) {
    if (machine_.partitions > 1) {
      return std::vector<Count>{{tile, 1}};
    }
    return t.whole_tiles ? std::vector<Count>{{tile, divide_up(whole, tile)}}
                         : tile_counts(whole, tile);
  };
  for (const Count& image : result_tiles(problem_.images, t.images)) {
    for (const Count& row : result_tiles(problem_.height.output, t.rows)) {
      for (const Count& column : result_tiles(problem_.width.output, t.columns)) {
        const OutputBlock outputs{{0, image.size}, {0, row.size}, {0, column.size}};
        for (const Count& feature : result_tiles(problem_.features, t.features)) {
          const auto part = tiles.part({0, groups}, outputs, {0, feature.size}, 0);
          for (const Count& channel : tile_counts(problem_.channels, t.channels)) {
            TileSize size{part->outputs.positions(), part->features.count,
                          channel.size * (t.all_taps ? taps : 1), part->groups.count};
            const std::int64_t repeats = problem_.packing ? 1 : size.groups;
            size.groups /= repeats;
            const OutputBlock& positions = part->outputs;
            size.window = problem_.window(
                positions.images.count, positions.rows.count, positions.columns.count,
                t.all_taps ? problem_.height.taps : 1, t.all_taps ? problem_.width.taps : 1);
            total += image.count * row.count * column.count * feature.count * channel.count *
                     (t.all_taps ? 1 : taps) * repeats *
                     array_cycles(array_, problem_.dataflow, size, problem_.array_a_type(),
                                  problem_.b.type);
          }
        }
      }
    }
  }
  return total;
}

std::int64_t TilingEstimator::vector_cycles_of_tile(const MatrixTiles& tiles) const {
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

// Of a tile of a, made into tables by one vector unit.
std::int64_t TilingEstimator::table_cycles_of_tile(const MatrixTiles& tiles) const {
  if (!problem_.table) {
    return 0;
  }
  const MatrixTiling& t = tiles.tiling();
  const std::int64_t rows = t.images * t.rows * t.columns;
  const std::int64_t products = tiles.reduction(0).products();
  timing::PassWork pass;
  pass.simple = 1 + command::table_work(*problem_.table);
  pass.bytes_read = rows * numeric::row_bytes(problem_.a.type, products);
  pass.bytes_written = tiles.table_bytes();
  const std::int64_t cycles =
      timing::vector_timing(machine_.vector_units.front().costs, rows, products, {pass}).cycles;
  return divide_up(cycles, static_cast<std::int64_t>(machine_.vector_units.size()));
}

std::int64_t TilingEstimator::walk_bytes(const StreamedTensor& tensor, std::int64_t rows,
                                         std::int64_t whole, std::int64_t part) const {
  return machine_.tiers[tensor.tier].bytes_in_pieces(rows, numeric::row_bytes(tensor.type, whole),
                                                     numeric::row_bytes(tensor.type, part));
}

std::int64_t TilingEstimator::whole_row(std::int64_t elements) const {
  return problem_.interleaved() ? problem_.groups * elements : elements;
}

std::int64_t TilingEstimator::part_row(std::int64_t groups, std::int64_t elements) const {
  return problem_.interleaved() ? groups * elements : elements;
}

std::int64_t TilingEstimator::matrices(const MatrixTiling& tiling, bool shared) const {
  if (problem_.interleaved()) {
    return 1;
  }
  return problem_.batch_count() *
         (shared ? divide_up(problem_.groups, tiling.groups) : problem_.groups);
}

std::int64_t TilingEstimator::walk_b_bytes(const MatrixTiling& tiling) const {
  const std::int64_t matrix =
      problem_.transposed_b
          ? walk_bytes(problem_.b, problem_.features, problem_.channels, tiling.channels)
          : walk_bytes(problem_.b, problem_.k(), whole_row(problem_.features),
                       part_row(tiling.groups, tiling.features));
  return matrices(tiling, problem_.shared_b) * matrix;
}

std::int64_t TilingEstimator::walk_positions(const MatrixTiling& tiling) {
  if (walk_.rows != tiling.rows || walk_.columns != tiling.columns ||
      walk_.all_taps != tiling.all_taps) {
    walk_ = {tiling.rows, tiling.columns, tiling.all_taps,
             problem_.images * walk_loads(problem_.height, tiling.rows, tiling.all_taps) *
                 walk_loads(problem_.width, tiling.columns, tiling.all_taps)};
  }
  return walk_.positions;
}

std::int64_t TilingEstimator::walk_a_bytes(const MatrixTiling& tiling) {
  if (problem_.transposed_a) {
    return matrices(tiling, problem_.shared_a) *
           walk_bytes(problem_.a, problem_.channels, problem_.width.output, tiling.columns);
  }
  return matrices(tiling, problem_.shared_a) * walk_bytes(problem_.a, walk_positions(tiling),
                                                          whole_row(problem_.channels),
                                                          part_row(tiling.groups, tiling.channels));
}

// Where outputs lie apart, the rows between them are not written.
std::int64_t TilingEstimator::result_bytes(const MatrixTiles& tiles,
                                           const StreamedTensor& tensor) const {
  return matrices(tiles.tiling(), false) *
         walk_bytes(tensor, problem_.m(), whole_row(problem_.features) * problem_.result_width.step,
                    part_row(tiles.part_groups(), tiles.part_features()));
}

void TilingEstimator::estimate_memory(MatrixTiling& t) {
  const MatrixTiles tiles = tiles_of(t);
  const std::int64_t m = tiles.m_tiles();
  const std::int64_t n = tiles.n_tiles();
  const std::int64_t k = tiles.k_tiles();
  const std::int64_t groups = tiles.group_tiles();
  const bool is_shared = machine_.partitions > 1;
  const std::int64_t a_loads = is_shared   ? m * n * k
                               : t.m_outer ? m * loads(k, t.a_slots, n)
                                           : loads(m * k, t.a_slots, n);
  const std::int64_t b_loads = is_shared   ? m * n * k
                               : t.m_outer ? loads(n * k, t.b_slots, m)
                                           : n * loads(k, t.b_slots, m);
  const std::int64_t a_walk = walk_a_bytes(t);
  const std::int64_t b_walk = walk_b_bytes(t);
  std::vector<std::int64_t> bytes(machine_.tiers.size(), 0);
  std::vector<std::int64_t> fetched(machine_.tiers.size(), 0);
  const auto add = [&](std::uint16_t tier, std::int64_t moved, std::int64_t from_memory) {
    bytes[tier] += moved;
    fetched[tier] += from_memory;
  };
  add(problem_.a.tier, scale(a_walk, a_loads, m * k),
      a_walk * bands(problem_.a, a_walk, t.m_outer ? 1 : n));
  add(problem_.b.tier, scale(b_walk, b_loads, n * k),
      b_walk * bands(problem_.b, b_walk, t.m_outer ? m : 1));
  // Where operands come first, results leave while the next ones are made.
  const std::int64_t results = t.operands_first ? 0 : result_bytes(tiles, problem_.c);
  add(problem_.c.tier, results, results);
  for (const StreamedTensor& operand : problem_.operands) {
    const std::int64_t moved = result_bytes(tiles, operand);
    add(operand.tier, moved, moved);
  }
  for (const StreamedTensor& bias : problem_.bias) {
    const std::int64_t moved = numeric::row_bytes(bias.type, whole_row(problem_.features)) *
                               (is_shared || (t.m_outer && n > t.buffers) ? m : 1);
    add(bias.tier, moved, moved);
  }
  t.tier_bytes = 0;
  t.memory_cycles = -1;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::int64_t cycles = is_shared ? machine_.tiers[i].cycles(bytes[i], fetched[i])
                                          : machine_.tiers[i].cycles(bytes[i]);
    t.tier_bytes += bytes[i];
    if (cycles > t.memory_cycles) {
      t.memory_cycles = cycles;
      t.slowest_tier = static_cast<std::uint16_t>(i);
    }
  }
  t.wave_cycles = is_shared ? wave_cycles(tiles, bytes) : 0;
  const std::int64_t products = is_shared ? rounds(tiles) * k : groups * m * n * k;
  const std::int64_t a_rounds = is_shared ? products : groups * a_loads;
  const std::int64_t b_rounds = is_shared ? products : groups * b_loads;
  t.buffer_cycles =
      std::max(buffer_cycles(t, problem_.a, a_rounds, a_walk, groups * m * k, t.a_slots, products),
               buffer_cycles(t, problem_.b, b_rounds, b_walk, groups * n * k, t.b_slots, products));
  if (!is_shared) {
    t.buffer_cycles = std::max(t.buffer_cycles, t.m_outer ? block_cycles(t, n, m, k, t.a_slots)
                                                          : block_cycles(t, m, n, k, t.b_slots));
  }
  set_edge_cycles(t, tiles);
}

std::int64_t TilingEstimator::wave_cycles(const MatrixTiles& tiles,
                                          const std::vector<std::int64_t>& bytes) const {
  const std::int64_t count = tiles.group_tiles() * tiles.m_slots() * tiles.n_tiles();
  const std::int64_t tile = divide_up(tiles.tiling().array_cycles, rounds(tiles));
  const auto round = [&](std::int64_t workers) {
    std::int64_t cycles = tile;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::int64_t loaded = scale(bytes[i], workers, count);
      const Machine::Tier& tier = machine_.tiers[i];
      cycles = std::max(cycles, tier.cycles(loaded, tier.cache_bytes > 0 ? 0 : loaded));
    }
    return cycles;
  };
  const std::int64_t left = count % machine_.partitions;
  return count / machine_.partitions * round(machine_.partitions) + (left > 0 ? round(left) : 0);
}

// Where the inner loop comes back to a block of k tiles, its buffers are free for the next block
// only from its last round on, which the first round of that block follows: what is loaded overlaps
// with two of `inner` rounds, but for the buffers beyond those of one block.
std::int64_t TilingEstimator::block_cycles(const MatrixTiling& tiling, std::int64_t inner,
                                           std::int64_t outer, std::int64_t k, std::int64_t slots) {
  if (tiling.operands_first || inner <= 2 || outer == 1 || slots < k || slots >= 2 * k) {
    return 0;
  }
  const std::int64_t two_rounds = 2 * tiling.array_cycles / inner;
  return tiling.array_cycles - two_rounds +
         std::max(scale(tiling.memory_cycles, 2 * k - slots, k), two_rounds);
}

// How often an operand comes from memory where partitions share the result: once where the cache
// holds it, and once for each band of the other's tiles where it does not.
std::int64_t TilingEstimator::bands(const StreamedTensor& tensor, std::int64_t walk,
                                    std::int64_t other_tiles) const {
  const Machine::Tier& tier = machine_.tiers[tensor.tier];
  return walk <= tier.cache_bytes ? 1 : divide_up(other_tiles, band_of(machine_.partitions));
}

void TilingEstimator::set_edge_cycles(MatrixTiling& tiling, const MatrixTiles& tiles) const {
  const auto& tiers = machine_.tiers;
  const std::int64_t first_loads = tiling.operands_first
                                       ? 0
                                       : tile_cycles(tiers[problem_.a.tier], tiles.a_bytes()) +
                                             tile_cycles(tiers[problem_.b.tier], tiles.b_bytes());
  tiling.edge_cycles =
      std::max(tiers[problem_.a.tier].latency_cycles, tiers[problem_.b.tier].latency_cycles) +
      first_loads + array_drain_cycles(array_) + vector_cycles_of_tile(tiles) +
      tile_cycles(tiers[problem_.c.tier], tiles.parts() * tiles.part_bytes(problem_.c.type));
}

// A buffer is loaded, used by a tile and free again when the tile's results are there; `slots` of
// them take turns. walk: bytes of all `tiles` of the operand; products: tiles of the layer, of one
// partition.
std::int64_t TilingEstimator::buffer_cycles(const MatrixTiling& tiling,
                                            const StreamedTensor& tensor, std::int64_t loads,
                                            std::int64_t walk, std::int64_t tiles,
                                            std::int64_t slots, std::int64_t products) const {
  const Machine::Tier& tier = machine_.tiers[tensor.tier];
  const std::int64_t round = tier.latency_cycles + tile_cycles(tier, divide_up(walk, tiles)) +
                             divide_up(tiling.array_cycles, products) + array_drain_cycles(array_);
  return scale(round, loads, slots);
}

}  // namespace orrery::lowering
