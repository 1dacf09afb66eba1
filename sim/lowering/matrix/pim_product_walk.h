// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "lowering/matrix/pim_product.h"

namespace orrery::lowering {

// Gives the emitter the commands of a product in banks, part by part.
class PimProduct::Walk {
 public:
  Walk(const PimProduct& layer, Emitter& emitter)
      : layer_(layer), plan_(*layer.plan_), layout_(plan_.layout), emitter_(emitter) {}

  // The vectors of a block into the scratchpad and, where banks take them from there, into rows of
  // every channel.
  void bring(std::int64_t block);
  // The operands of the write-out of a turn.
  void bring_operands(std::int64_t block, std::int64_t turn);
  // One vector of a block times tiles [first, last) of a chunk, in all channels.
  void multiply(std::int64_t block, std::int64_t turn, std::int64_t vector, std::int64_t chunk,
                std::int64_t first, std::int64_t last);
  // Sums over chunks, and what rides on the write-out; stores the outputs.
  void write_out(std::int64_t block, std::int64_t turn);

  [[nodiscard]] std::int64_t vectors_of(std::int64_t block) const;
  // Tiles of a turn: [first, last).
  [[nodiscard]] std::int64_t first_tile(std::int64_t turn) const;
  [[nodiscard]] std::int64_t last_tile(std::int64_t turn) const;

 private:
  // Outputs of a turn, or some of them: of tiles, channels and banks from the first on. `first`
  // counts from the turn's first output.
  struct Piece {
    std::int64_t tile = 0, tiles = 0;
    std::int64_t channel = 0, channels = 0;
    std::int64_t banks = 0;
  };
  [[nodiscard]] std::int64_t number(std::int64_t block, std::int64_t turn) const {
    return block * layer_.turns() + turn;
  }
  [[nodiscard]] std::int64_t vector_buffer(std::int64_t block) const;
  [[nodiscard]] std::int64_t bias_buffer() const;
  [[nodiscard]] std::int64_t turn_buffer(std::int64_t block, std::int64_t turn) const;
  [[nodiscard]] std::int64_t operand_buffer(std::int64_t block, std::int64_t turn,
                                            std::size_t operand) const;
  [[nodiscard]] std::int64_t output_buffer(std::int64_t block, std::int64_t turn) const;
  [[nodiscard]] std::int64_t first_output(std::int64_t turn) const;
  [[nodiscard]] std::int64_t outputs_of(std::int64_t turn) const;

  void clear_tails(std::int64_t block);
  void store_vector(std::int64_t block, std::int64_t vector);
  // Of the vector's chunk among those that wait in rows.
  [[nodiscard]] std::int64_t chunk_number(std::int64_t block, std::int64_t vector,
                                          std::int64_t chunk) const;
  // A program that first takes a chunk into the channel's buffer: from its row, which joins
  // `reads`, or from the scratchpad.
  [[nodiscard]] command::PimProgram program(std::int64_t block, std::int64_t vector,
                                            std::int64_t chunk, std::int64_t channel,
                                            std::vector<BankRows>& reads) const;

  // The rectangles of which the outputs of some channels in a turn consist.
  [[nodiscard]] std::vector<Piece> pieces(std::int64_t turn, std::int64_t first_channel,
                                          std::int64_t last_channel) const;
  [[nodiscard]] command::View results_view(std::int64_t block, std::int64_t turn,
                                           const Piece& piece, std::int64_t chunk) const;
  // Of a matrix of the turn's outputs; a row stride of 0 shows one row again and again.
  [[nodiscard]] command::View output_view(std::int64_t block, const Piece& piece,
                                          numeric::ElementType type, std::int64_t address,
                                          std::int64_t row_bytes) const;
  [[nodiscard]] command::VectorCommand write_out_piece(std::int64_t block, std::int64_t turn,
                                                       const Piece& piece) const;
  [[nodiscard]] TensorMove output_move(std::int64_t block, std::int64_t turn,
                                       workload::TensorId tensor, numeric::ElementType type,
                                       std::int64_t buffer) const;

  const PimProduct& layer_;
  const PimProductPlan& plan_;
  const PimProductLayout& layout_;
  Emitter& emitter_;
};

}  // namespace orrery::lowering
