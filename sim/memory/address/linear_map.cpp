// SPDX-License-Identifier: Apache-2.0
#include "memory/address/linear_map.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace orrery::memory {

std::uint64_t mapped(const BitMasks& masks, std::uint64_t input) {
  std::uint64_t output = 0;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    output |= parity(input & masks[i]) << i;
  }
  return output;
}

Reduced reduce(const BitMasks& masks) {
  base::require_invariant(masks.size() <= 64, "a linear map has at most 64 output bits");
  Reduced result;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    Reduced::Row row{masks[i], std::uint64_t{1} << i, 0};
    for (const Reduced::Row& other : result.rows) {
      if ((row.mask >> other.pivot & 1U) != 0) {
        row.mask ^= other.mask;
        row.sources ^= other.sources;
      }
    }
    if (row.mask == 0) {
      if (!result.dependent) {
        result.dependent = row.sources;
      }
      continue;
    }
    row.pivot = static_cast<unsigned>(std::countr_zero(row.mask));
    // The rows that have the new pivot have their own below it: it stays their lowest bit.
    for (Reduced::Row& other : result.rows) {
      if ((other.mask >> row.pivot & 1U) != 0) {
        other.mask ^= row.mask;
        other.sources ^= row.sources;
      }
    }
    result.rows.push_back(row);
  }
  std::sort(result.rows.begin(), result.rows.end(),
            [](const Reduced::Row& a, const Reduced::Row& b) { return a.pivot > b.pivot; });
  return result;
}

std::optional<BitMasks> inverse(const BitMasks& masks) {
  const Reduced reduced = reduce(masks);
  if (reduced.dependent) {
    return std::nullopt;
  }
  // As many independent rows as input bits: each reduced row is one input bit.
  BitMasks result(masks.size(), 0);
  for (const Reduced::Row& row : reduced.rows) {
    if (row.pivot >= masks.size() || row.mask != std::uint64_t{1} << row.pivot) {
      return std::nullopt;
    }
    result[row.pivot] = row.sources;
  }
  return result;
}

}  // namespace orrery::memory
