// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/integer.h"
#include "lowering/machine/machine.h"
#include "lowering/tiling/matrix_problem.h"
#include "lowering/tiling/matrix_wishes.h"

namespace orrery::lowering {

// Tiles, loop order and buffers of a matrix layer.
struct MatrixTiling {
  // Of a full tile; the last ones of each dimension may be smaller.
  std::int64_t groups = 1;
  std::int64_t images = 1;
  std::int64_t rows = 1;     // output rows
  std::int64_t columns = 1;  // output columns
  std::int64_t features = 1;
  bool all_taps = true;
  std::int64_t channels = 1;

  bool m_outer = true;      // loops m, n, k; else n, m, k
  bool split_rows = false;  // arrays share a tile's output positions, else its groups or features
  std::int64_t a_slots = 1;
  std::int64_t b_slots = 1;
  std::int64_t c_slots = 1;
  std::int64_t buffers = 1;  // of bias, fused operands and tables
  std::int64_t accumulator_slots = 1;
  bool whole_tiles = false;     // zeros are multiplied where a tile is larger than what is left
  std::int64_t cluster = 1;     // tiles of m that partitions take together
  bool operands_first = false;  // all tiles of both operands are loaded before the first is used

  // The estimate that decided, in cycles of the array.
  std::int64_t array_cycles = 0;
  std::int64_t memory_cycles = 0;
  std::int64_t vector_cycles = 0;
  std::int64_t wave_cycles = 0;    // rounds of partitions, each as long as its longest part
  std::int64_t buffer_cycles = 0;  // what the buffers' rounds of load and use allow
  std::int64_t edge_cycles = 0;    // first loads and last store, which nothing overlaps
  std::int64_t tier_bytes = 0;
  std::uint16_t slowest_tier = 0;

  [[nodiscard]] std::int64_t estimate() const;
  // What decides between tilings: the estimate, or what arrays take that count as SCALE-Sim does.
  [[nodiscard]] std::int64_t deciding_cycles(const Machine::Array& array) const {
    return array.folds_overlap ? estimate() : array_cycles;
  }
};

// Partitions take the tiles of a result in bands of so many tiles of the outer loop, along the
// inner one: as many tiles as there are partitions are about a square, whose operands are few. One
// partition: 1, the loops as they are.
[[nodiscard]] std::int64_t band_of(std::int64_t partitions);

// What follows from a problem and its tiling.
class MatrixTiles {
 public:
  MatrixTiles(const MatrixProblem& problem, const MatrixTiling& tiling, std::size_t arrays,
              std::int64_t array_columns);

  // Blocks of groups of all positions of the batch loops.
  [[nodiscard]] std::int64_t group_tiles() const { return problem_.batch_count() * group_blocks_; }
  [[nodiscard]] std::int64_t group_blocks() const { return group_blocks_; }
  [[nodiscard]] std::int64_t m_tiles() const { return image_tiles_ * row_tiles_ * column_tiles_; }
  // With those that fill the last cluster and are nothing.
  [[nodiscard]] std::int64_t m_slots() const {
    return base::divide_up(m_tiles(), tiling_.cluster) * tiling_.cluster;
  }
  [[nodiscard]] std::int64_t n_tiles() const { return n_tiles_; }
  [[nodiscard]] std::int64_t k_tiles() const { return tap_tiles_ * channel_tiles_; }

  // The tile of an index: m tiles run over images, rows, columns, k tiles over taps, channels.
  [[nodiscard]] GroupBlock groups(std::int64_t group_tile) const;
  [[nodiscard]] OutputBlock output(std::int64_t m_tile) const;
  [[nodiscard]] AxisRange features(std::int64_t n_tile) const;
  [[nodiscard]] ReductionBlock reduction(std::int64_t k_tile) const;

  // What one array does of a tile.
  struct Part {
    OutputBlock outputs;          // absolute
    std::int64_t first_position;  // within the tile
    AxisRange features;           // absolute
    AxisRange groups;             // absolute
    std::size_t array;
  };
  // The part of array `array`, nullopt where the tile is too small to give it any.
  [[nodiscard]] std::optional<Part> part(const AxisRange& groups, const OutputBlock& outputs,
                                         const AxisRange& features, std::size_t array) const;
  // Groups, output positions and features of the largest part, and how many parts a full tile has.
  [[nodiscard]] std::int64_t part_groups() const { return part_groups_; }
  [[nodiscard]] std::int64_t part_positions() const { return part_positions_; }
  [[nodiscard]] std::int64_t part_features() const { return part_features_; }
  [[nodiscard]] std::int64_t parts() const { return parts_; }

  // Bytes of one buffer.
  [[nodiscard]] std::int64_t a_bytes() const;
  [[nodiscard]] std::int64_t table_bytes() const;  // of a tile of a as tables; 0: none are made
  [[nodiscard]] std::int64_t b_bytes() const;
  [[nodiscard]] std::int64_t part_bytes(ElementType type) const;  // of one part's results
  [[nodiscard]] std::int64_t bias_bytes() const;
  // Of all buffers together, each aligned.
  [[nodiscard]] std::int64_t scratchpad_bytes() const;
  [[nodiscard]] std::int64_t accumulator_bytes() const;

  [[nodiscard]] const MatrixProblem& problem() const { return problem_; }
  [[nodiscard]] const MatrixTiling& tiling() const { return tiling_; }

 private:
  const MatrixProblem& problem_;
  const MatrixTiling& tiling_;
  std::size_t arrays_;
  std::int64_t group_blocks_;
  std::int64_t image_tiles_;
  std::int64_t row_tiles_;
  std::int64_t column_tiles_;
  std::int64_t n_tiles_;
  std::int64_t tap_tiles_;
  std::int64_t channel_tiles_;
  std::int64_t part_groups_, part_images_, part_rows_, part_columns_, part_features_;
  std::int64_t part_positions_;
  std::int64_t parts_;
};

// The tiling of the least estimate among a bounded set: for each dimension the whole, powers of two
// and multiples of the array's edge by powers of two; both loop orders; for each operand two
// buffers or enough to keep what the inner loops use again. Equal estimates: fewer bytes, then
// fewer tiles. What `wishes` fixes is taken as it is. nullopt where not even the smallest tile fits
// the budget.
[[nodiscard]] std::optional<MatrixTiling> choose_tiling(const MatrixProblem& problem,
                                                        const Machine& machine,
                                                        const MatrixWishes& wishes,
                                                        std::int64_t scratchpad_bytes, int buffers);

// The smallest tile that the wishes leave, with single buffers.
[[nodiscard]] MatrixTiling smallest_tiling(const MatrixProblem& problem,
                                           const MatrixWishes& wishes);

// Equal problems with equal wishes on one machine have one tiling. Keeps what was chosen.
class MatrixTilingCache {
 public:
  struct Key {
    MatrixProblem problem;
    MatrixWishes wishes;
    std::int64_t scratchpad_bytes = 0;
    int buffers = 1;
    auto operator<=>(const Key&) const = default;
  };
  [[nodiscard]] const std::optional<MatrixTiling>& choose(const Key& key, const Machine& machine);

 private:
  std::map<Key, std::optional<MatrixTiling>> chosen_;
};

}  // namespace orrery::lowering
