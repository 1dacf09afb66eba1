// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "command/command.h"
#include "memory/address/transfer.h"

namespace orrery::engine {

// Cuts a move from tier to tier into pieces that are read and written one after the other: parts of
// a row that end at multiples of the piece size in the destination, so that no burst is written by
// two of them, or several rows where these are short.
class TierCopy {
 public:
  // piece_bytes: the most payload of a piece, at least 1; a single row that fits is never cut for
  // its alignment alone.
  TierCopy(const command::Move& move, std::int64_t piece_bytes)
      : move_(move), piece_bytes_(piece_bytes) {}

  struct Piece {
    memory::Transfer read;   // without initiator and layer
    memory::Transfer write;  // likewise
  };

  [[nodiscard]] bool done() const { return index_[0] == move_.count[0]; }
  // The next piece. Not when done().
  Piece next();

 private:
  [[nodiscard]] std::uint64_t row_address(const command::Move::End& end) const;
  // Goes on by `rows` rows of the innermost dimension.
  void advance(std::int64_t rows);

  command::Move move_;
  std::int64_t piece_bytes_;
  std::array<std::int64_t, 3> index_{};  // of the row, outermost first
  std::int64_t offset_ = 0;              // within the row
};

}  // namespace orrery::engine
