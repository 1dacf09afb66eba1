// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "lowering/machine/machine.h"
#include "lowering/tiling/matrix_tiling.h"

namespace orrery::lowering {

// Fills in what tilings of one problem are estimated to take, in cycles of the array.
class TilingEstimator {
 public:
  TilingEstimator(const MatrixProblem& problem, const Machine& machine)
      : problem_(problem), machine_(machine), array_(machine.arrays.front()) {}

  // Cycles of arrays and vector units: of the tiles and how arrays share them.
  void estimate_engines(MatrixTiling& tiling) const;
  // The rest: of loop order and buffers too. After estimate_engines().
  void estimate_memory(MatrixTiling& tiling);

 private:
  [[nodiscard]] MatrixTiles tiles_of(const MatrixTiling& tiling) const {
    return {problem_, tiling, machine_.arrays.size(), array_.edges().n};
  }
  [[nodiscard]] std::int64_t array_cycles_of(const MatrixTiles& tiles, std::int64_t groups) const;
  [[nodiscard]] std::int64_t vector_cycles_of_tile(const MatrixTiles& tiles) const;
  [[nodiscard]] std::int64_t table_cycles_of_tile(const MatrixTiles& tiles) const;

  [[nodiscard]] std::int64_t walk_bytes(const StreamedTensor& tensor, std::int64_t rows,
                                        std::int64_t whole, std::int64_t part) const;
  // Of all groups side by side in a row, and of the groups of a tile.
  [[nodiscard]] std::int64_t whole_row(std::int64_t elements) const;
  [[nodiscard]] std::int64_t part_row(std::int64_t groups, std::int64_t elements) const;
  // Matrices of a stacked operand that are loaded: those that groups share once a tile.
  [[nodiscard]] std::int64_t matrices(const MatrixTiling& tiling, bool shared) const;
  // Bytes of all tiles of an operand, each loaded once.
  [[nodiscard]] std::int64_t walk_a_bytes(const MatrixTiling& tiling);
  [[nodiscard]] std::int64_t walk_positions(const MatrixTiling& tiling);
  [[nodiscard]] std::int64_t walk_b_bytes(const MatrixTiling& tiling) const;
  [[nodiscard]] std::int64_t result_bytes(const MatrixTiles& tiles,
                                          const StreamedTensor& tensor) const;
  [[nodiscard]] std::int64_t buffer_cycles(const MatrixTiling& tiling, const StreamedTensor& tensor,
                                           std::int64_t loads, std::int64_t walk,
                                           std::int64_t tiles, std::int64_t slots,
                                           std::int64_t products) const;
  // Of partitions that take tiles of the result in rounds, the last of which may leave some idle:
  // each lasts as long as a tile, or as what it loads. bytes: of the layer, by tier.
  [[nodiscard]] std::int64_t wave_cycles(const MatrixTiles& tiles,
                                         const std::vector<std::int64_t>& bytes) const;
  // What a block that its loop keeps, in so many buffers, allows; 0: it does not bound.
  [[nodiscard]] static std::int64_t block_cycles(const MatrixTiling& tiling, std::int64_t inner,
                                                 std::int64_t outer, std::int64_t k,
                                                 std::int64_t slots);
  // Result tiles of the busiest partition.
  [[nodiscard]] std::int64_t rounds(const MatrixTiles& tiles) const;
  // Cycles in which the tier gives all partitions a tile of an operand each.
  [[nodiscard]] std::int64_t tile_cycles(const Machine::Tier& tier, std::int64_t bytes) const;
  [[nodiscard]] std::int64_t bands(const StreamedTensor& tensor, std::int64_t walk,
                                   std::int64_t other_tiles) const;
  void set_edge_cycles(MatrixTiling& tiling, const MatrixTiles& tiles) const;

  const MatrixProblem& problem_;
  const Machine& machine_;
  const Machine::Array& array_;
  // Positions of a that are loaded in one walk over all m and k tiles: of the last tiles asked for.
  struct Walk {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    bool all_taps = false;
    std::int64_t positions = 0;
  };
  Walk walk_;
};

}  // namespace orrery::lowering
