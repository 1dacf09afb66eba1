// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace orrery::memory {

// Linear maps of bit vectors over GF(2), where addition is XOR: output bit i is the parity of the
// input under mask i.
using BitMasks = std::vector<std::uint64_t>;

// The built-in is a few instructions everywhere; a count of bits is a call where the processor at
// hand need not have it.
[[nodiscard]] inline std::uint64_t parity(std::uint64_t bits) {
  return static_cast<std::uint64_t>(__builtin_parityll(bits));
}

// All output bits, bit i at place i. At most 64 masks.
[[nodiscard]] std::uint64_t mapped(const BitMasks& masks, std::uint64_t input);

// Masks brought to reduced form by Gauss-Jordan elimination. The pivot of a row is its lowest bit,
// and no other row has it: a row says what its pivot is, given bits above the pivot alone.
struct Reduced {
  struct Row {
    std::uint64_t mask = 0;
    std::uint64_t sources = 0;  // bit i: original mask i is part of this sum
    unsigned pivot = 0;
  };
  std::vector<Row> rows;  // by falling pivot
  // Some original masks, as bits, whose sum is nothing; no value where all are independent.
  std::optional<std::uint64_t> dependent;
};

[[nodiscard]] Reduced reduce(const BitMasks& masks);

// The inverse of as many masks as there are input bits; no value where there is none.
[[nodiscard]] std::optional<BitMasks> inverse(const BitMasks& masks);

}  // namespace orrery::memory
