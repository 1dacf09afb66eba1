// SPDX-License-Identifier: Apache-2.0
#include "timing/vector_timing.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/integer.h"

namespace orrery::timing {
namespace {

using base::divide_up;

std::int64_t elements_of(std::int64_t rows, std::int64_t columns,
                         const std::vector<std::int64_t>& lengths) {
  return lengths.empty() ? rows * columns
                         : std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

std::int64_t slots(const VectorCosts& costs, std::int64_t rows, std::int64_t columns, bool reduces,
                   const std::vector<std::int64_t>& lengths) {
  if (!reduces) {
    return divide_up(elements_of(rows, columns, lengths), costs.lanes);
  }
  if (columns < costs.lanes) {
    return divide_up(rows, costs.lanes / columns);
  }
  if (lengths.empty()) {
    return rows * divide_up(columns, costs.lanes);
  }
  std::int64_t total = 0;
  for (const std::int64_t length : lengths) {
    total += divide_up(length, costs.lanes);
  }
  return total;
}

std::int64_t tree_cycles(const VectorCosts& costs, std::int64_t columns) {
  const auto width = static_cast<std::uint64_t>(std::min(costs.lanes, columns));
  return std::bit_width(width - 1);
}

const std::vector<std::int64_t> kWholeRows;

}  // namespace

VectorTiming vector_timing(const VectorCosts& costs, std::int64_t rows, std::int64_t columns,
                           const std::vector<PassWork>& passes,
                           const std::vector<std::int64_t>& lengths) {
  VectorTiming timing;
  for (const PassWork& pass : passes) {
    // Behind a reduction every row has the same, whatever a mask left of it.
    const std::int64_t width = pass.columns > 0 ? pass.columns : columns;
    const std::vector<std::int64_t>& inside = pass.columns > 0 ? kWholeRows : lengths;
    const std::int64_t special =
        pass.exponentials * costs.exponential_cycles + pass.divides * costs.divide_cycles;
    const std::int64_t work = divide_up(pass.simple, costs.chained) + special;
    timing.cycles += costs.latency +
                     std::max({slots(costs, rows, width, pass.reduces, inside) * work,
                               divide_up(pass.bytes_read, costs.read_port_bytes),
                               divide_up(pass.bytes_written, costs.write_port_bytes)}) +
                     (pass.reduces ? tree_cycles(costs, width) : 0);
    timing.operations += elements_of(rows, width, inside) * (pass.simple + special);
    timing.bytes_read += pass.bytes_read;
    timing.bytes_written += pass.bytes_written;
  }
  return timing;
}

}  // namespace orrery::timing
