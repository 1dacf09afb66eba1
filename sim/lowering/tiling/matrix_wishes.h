// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace orrery::lowering {

// What the mapping fixes of a matrix layer's tiling; the rest is searched.
struct MatrixWishes {
  std::optional<std::int64_t> groups;
  std::optional<std::int64_t> images;
  std::optional<std::int64_t> rows;
  std::optional<std::int64_t> columns;
  std::optional<std::int64_t> features;
  std::optional<std::int64_t> channels;
  std::optional<bool> all_taps;
  std::optional<bool> m_outer;
  std::optional<bool> split_rows;
  std::optional<bool> keep_a;
  std::optional<bool> keep_b;
  std::optional<std::int64_t> a_slots;
  std::optional<std::int64_t> b_slots;
  // Of a kernel, which computes whole tiles: buffers of both operands, as many as fit, at least
  // two.
  std::optional<std::int64_t> stages;
  std::int64_t cluster = 1;     // of tiles of m, each on a partition of its own
  bool operands_first = false;  // a buffer for each tile of both operands, loaded before all else
  auto operator<=>(const MatrixWishes&) const = default;

  [[nodiscard]] bool outputs() const { return images || rows || columns; }
};

}  // namespace orrery::lowering
