// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "numeric/block_format.h"

namespace orrery::numeric {

// The signed sums of K activations x, as a block of a table type holds them: entry i of 2^(K-1) is
// -x[K-1] plus x[j] for each bit j of i that is 1, less x[j] for each that is 0. The other half of
// all sums are the negatives of these.
struct SumTable {
  std::vector<double> entries;  // in units of `scale`
  double scale = 1.0;

  // The sum, in units of `scale`, of +x[j] for each bit j of the pattern that is 1 and of -x[j] for
  // each that is 0: where bit K-1 is 1, minus the entry of the inverted others.
  [[nodiscard]] double look_up(std::uint32_t pattern) const;
};

// Entries of a table of so many activations.
[[nodiscard]] constexpr std::int64_t table_entries(int activations) {
  return std::int64_t{1} << (activations - 1);
}

[[nodiscard]] SumTable read_sum_table(const BlockFormat& format, const Block& block);

// Sums are rounded to the entries' type in units of a scale of the largest magnitude over the
// largest entry, itself rounded to its format: off by half of it at most. Of a type without a scale
// (its bits are 0) they are rounded to the entries' type as they are.
[[nodiscard]] Block make_sum_table(const BlockFormat& format, std::span<const double> values);

// The activations that the table stands for.
[[nodiscard]] std::vector<double> activations_of(const SumTable& table);

}  // namespace orrery::numeric
