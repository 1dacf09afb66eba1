// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/scattered_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace orrery::lowering {
namespace {

constexpr std::size_t kDimensions = 3;

// Pieces that `count` dimensions, innermost first, lead through.
struct Run {
  struct Dimension {
    std::int64_t count = 1;
    std::int64_t tensor_stride = 0;
    std::int64_t buffer_stride = 0;
    bool operator==(const Dimension&) const = default;
  };
  ScatteredPiece first;
  std::array<Dimension, kDimensions> dimensions{};

  [[nodiscard]] bool is_like(const Run& other) const {
    return first.bytes == other.first.bytes && dimensions == other.dimensions;
  }
};

// Pieces that follow each other at both ends are one.
std::vector<Run> joined(const std::vector<ScatteredPiece>& pieces) {
  std::vector<Run> runs;
  for (const ScatteredPiece& piece : pieces) {
    if (!runs.empty()) {
      ScatteredPiece& last = runs.back().first;
      if (last.tensor_offset + last.bytes == piece.tensor_offset &&
          last.buffer + last.bytes == piece.buffer) {
        last.bytes += piece.bytes;
        continue;
      }
    }
    runs.push_back({piece, {}});
  }
  return runs;
}

// Alike runs that are evenly apart become one, with one more dimension.
std::vector<Run> folded(const std::vector<Run>& runs, std::size_t dimension) {
  std::vector<Run> result;
  for (std::size_t i = 0; i < runs.size();) {
    Run run = runs[i];
    const auto step = [&](std::size_t at) {
      return Run::Dimension{1, runs[at].first.tensor_offset - runs[at - 1].first.tensor_offset,
                            runs[at].first.buffer - runs[at - 1].first.buffer};
    };
    std::size_t end = i + 1;
    if (end < runs.size()) {
      const Run::Dimension first = step(end);
      while (end < runs.size() && runs[end].is_like(runs[i]) && step(end) == first &&
             first.tensor_stride >= 0 && first.buffer_stride >= 0) {
        ++end;
      }
      if (end > i + 1) {
        run.dimensions[dimension] = first;
        run.dimensions[dimension].count = static_cast<std::int64_t>(end - i);
      }
    }
    result.push_back(run);
    i = end;
  }
  return result;
}

}  // namespace

std::vector<TensorMove> moves_of(workload::TensorId tensor,
                                 const std::vector<ScatteredPiece>& pieces) {
  std::vector<Run> runs = joined(pieces);
  for (std::size_t dimension = 0; dimension < kDimensions; ++dimension) {
    runs = folded(runs, dimension);
  }
  std::vector<TensorMove> moves;
  for (const Run& run : runs) {
    TensorMove& move = moves.emplace_back();
    move.tensor = tensor;
    move.tensor_offset = run.first.tensor_offset;
    move.buffer = run.first.buffer;
    move.row_bytes = run.first.bytes;
    for (std::size_t i = 0; i < kDimensions; ++i) {
      const std::size_t place = kDimensions - 1 - i;
      move.count[place] = run.dimensions[i].count;
      move.tensor_stride[place] = run.dimensions[i].tensor_stride;
      move.buffer_stride[place] = run.dimensions[i].buffer_stride;
    }
  }
  return moves;
}

void add_row_pieces(const command::PimMemory& memory, std::int64_t row_offset, std::int64_t byte,
                    std::int64_t bytes, std::int64_t buffer, std::vector<ScatteredPiece>& pieces) {
  // Bytes of a row that lie together begin at multiples of the innermost digit's extent.
  const bool together = !memory.byte.empty() && memory.byte.back().stride == 1;
  const std::int64_t run = together ? memory.byte.back().extent : 1;
  for (std::int64_t at = byte; at < byte + bytes;) {
    const std::int64_t length = std::min(byte + bytes, (at / run + 1) * run) - at;
    pieces.push_back({row_offset + memory.address(0, 0, 0, at), buffer + at - byte, length});
    at += length;
  }
}

}  // namespace orrery::lowering
