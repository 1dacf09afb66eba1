// SPDX-License-Identifier: Apache-2.0
#include "timing/vector_timing.h"

#include <algorithm>
#include <bit>

#include "base/integer.h"

namespace orrery::timing {
namespace {

using base::divide_up;

std::int64_t slots(const VectorCosts& costs, std::int64_t rows, std::int64_t columns,
                   bool reduces) {
  if (!reduces) {
    return divide_up(rows * columns, costs.lanes);
  }
  if (columns >= costs.lanes) {
    return rows * divide_up(columns, costs.lanes);
  }
  return divide_up(rows, costs.lanes / columns);
}

std::int64_t tree_cycles(const VectorCosts& costs, std::int64_t columns) {
  const auto width = static_cast<std::uint64_t>(std::min(costs.lanes, columns));
  return std::bit_width(width - 1);
}

}  // namespace

VectorTiming vector_timing(const VectorCosts& costs, std::int64_t rows, std::int64_t columns,
                           const std::vector<PassWork>& passes) {
  VectorTiming timing;
  for (const PassWork& pass : passes) {
    const std::int64_t width = pass.columns > 0 ? pass.columns : columns;
    const std::int64_t special =
        pass.exponentials * costs.exponential_cycles + pass.divides * costs.divide_cycles;
    const std::int64_t work = divide_up(pass.simple, costs.chained) + special;
    timing.cycles += costs.latency +
                     std::max({slots(costs, rows, width, pass.reduces) * work,
                               divide_up(pass.bytes_read, costs.read_port_bytes),
                               divide_up(pass.bytes_written, costs.write_port_bytes)}) +
                     (pass.reduces ? tree_cycles(costs, width) : 0);
    timing.operations += rows * width * (pass.simple + special);
    timing.bytes_read += pass.bytes_read;
    timing.bytes_written += pass.bytes_written;
  }
  return timing;
}

}  // namespace orrery::timing
