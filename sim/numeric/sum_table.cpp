// SPDX-License-Identifier: Apache-2.0
#include "numeric/sum_table.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.h"

namespace orrery::numeric {
namespace {

// Entries in the room of one element.
std::size_t entries_of_element(const BlockFormat& format) {
  return static_cast<std::size_t>(table_entries(format.elements) / format.elements);
}

unsigned entry_shift(const BlockFormat& format, std::size_t entry) {
  return static_cast<unsigned>(entry % entries_of_element(format)) *
         static_cast<unsigned>(format.table_entry->bits);
}

double signed_sum(std::span<const double> values, std::uint32_t pattern) {
  double sum = 0.0;
  for (std::size_t j = 0; j < values.size(); ++j) {
    sum += (pattern >> j & 1U) != 0 ? values[j] : -values[j];
  }
  return sum;
}

}  // namespace

double SumTable::look_up(std::uint32_t pattern) const {
  const auto sign = static_cast<std::uint32_t>(entries.size());
  const bool negated = (pattern & sign) != 0;
  const double entry = entries[(negated ? ~pattern : pattern) & (sign - 1)];
  return negated ? -entry : entry;
}

SumTable read_sum_table(const BlockFormat& format, const Block& block) {
  base::require_invariant(format.table_entry.has_value(), "a table is read from a table type");
  SumTable table;
  const std::size_t in_element = entries_of_element(format);
  for (std::size_t i = 0; i < in_element * block.codes.size(); ++i) {
    const Code code = block.codes[i / in_element] >> entry_shift(format, i);
    table.entries.push_back(decode(*format.table_entry, code & format.table_entry->code_mask()));
  }
  table.scale = format.scale.bits == 0 ? 1.0 : decode(format.scale, block.scale);
  return table;
}

Block make_sum_table(const BlockFormat& format, std::span<const double> values) {
  base::require_invariant(format.table_entry.has_value(), "a table is made for a table type");
  std::vector<double> sums;
  double most = 0.0;
  for (std::int64_t i = 0; i < table_entries(format.elements); ++i) {
    sums.push_back(signed_sum(values, static_cast<std::uint32_t>(i)));
    most = std::max(most, std::abs(sums.back()));
  }
  Block block;
  double scale = 1.0;
  if (format.scale.bits != 0) {
    block.scale = encode(format.scale, most / largest(*format.table_entry));
    scale = decode(format.scale, block.scale);
  }
  block.codes.assign(static_cast<std::size_t>(format.elements), 0);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Code code = scale == 0.0 ? 0 : encode(*format.table_entry, sums[i] / scale);
    block.codes[i / entries_of_element(format)] |= code << entry_shift(format, i);
  }
  return block;
}

// x[j] is half of what setting bit j adds to entry 0; the last is half of the negative sum of the
// entries of which all other signs differ.
std::vector<double> activations_of(const SumTable& table) {
  const auto elements = static_cast<std::size_t>(std::bit_width(table.entries.size()));
  std::vector<double> values;
  for (std::size_t j = 0; j + 1 < elements; ++j) {
    values.push_back((table.entries[std::size_t{1} << j] - table.entries[0]) / 2 * table.scale);
  }
  values.push_back(-(table.entries.back() + table.entries.front()) / 2 * table.scale);
  return values;
}

}  // namespace orrery::numeric
