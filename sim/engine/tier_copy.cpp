// SPDX-License-Identifier: Apache-2.0
#include "engine/tier_copy.h"

#include <algorithm>

namespace orrery::engine {

std::uint64_t TierCopy::row_address(const command::Move::End& end) const {
  std::int64_t address = end.address;
  for (std::size_t i = 0; i < index_.size(); ++i) {
    address += index_[i] * end.stride[i];
  }
  return static_cast<std::uint64_t>(address);
}

void TierCopy::advance(std::int64_t rows) {
  index_[2] += rows;
  for (std::size_t i = 2; i > 0 && index_[i] == move_.count[i]; --i) {
    index_[i] = 0;
    ++index_[i - 1];
  }
}

TierCopy::Piece TierCopy::next() {
  Piece piece;
  piece.write.is_write = true;
  piece.read.address = row_address(move_.source) + static_cast<std::uint64_t>(offset_);
  piece.write.address = row_address(move_.destination) + static_cast<std::uint64_t>(offset_);
  std::int64_t bytes = move_.row_bytes - offset_;
  std::int64_t rows = 1;
  if (offset_ == 0 && bytes <= piece_bytes_) {
    rows = std::min(piece_bytes_ / bytes, move_.count[2] - index_[2]);
    piece.read.outer[0] = {rows, move_.source.stride[2]};
    piece.write.outer[0] = {rows, move_.destination.stride[2]};
  } else {
    const auto beyond =
        static_cast<std::int64_t>(piece.write.address % static_cast<std::uint64_t>(piece_bytes_));
    bytes = std::min(bytes, piece_bytes_ - beyond);
  }
  piece.read.row_bytes = piece.write.row_bytes = bytes;
  offset_ += bytes;
  if (offset_ == move_.row_bytes) {
    offset_ = 0;
    advance(rows);
  }
  return piece;
}

}  // namespace orrery::engine
