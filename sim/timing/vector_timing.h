// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::timing {

// What a lane can do; see docs/components/vector_unit.md.
struct VectorCosts {
  std::int64_t lanes = 1;
  std::int64_t chained = 1;             // simple operations a lane does on an element in a cycle
  std::int64_t latency = 0;             // cycles from a pass's first read to its first result
  std::int64_t exponential_cycles = 1;  // of a lane for one exponential, tanh or logistic
  std::int64_t divide_cycles = 1;       // of a lane for one division or square root
  std::int64_t read_port_bytes = 1;     // per cycle
  std::int64_t write_port_bytes = 1;
};

// What one element costs in one pass over the data.
struct PassWork {
  int simple = 0;  // additions, multiplications, comparisons: `chained` of them in a cycle
  int exponentials = 0;
  int divides = 0;
  std::int64_t columns = 0;     // of this pass; 0: those of the command
  bool reduces = false;         // every row to one value: rows do not share a lane group
  std::int64_t bytes_read = 0;  // by the whole pass
  std::int64_t bytes_written = 0;
};

struct VectorTiming {
  std::int64_t cycles = 0;
  // Over all elements, exponentials and divides as many as they take cycles: what energy is charged
  // for.
  std::int64_t operations = 0;
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
};

// Passes over rows x columns elements, one after the other. Each takes
//   latency + max(slots * work, ceil(bytes_read / read_port), ceil(bytes_written / write_port))
// cycles, with `slots` the groups of `lanes` elements: ceil(rows * columns / lanes) where rows may
// share a group, and in a reducing pass rows * ceil(columns / lanes), or ceil(rows / floor(lanes /
// columns)) for rows shorter than the lanes; a reducing pass adds ceil(log2(min(lanes, columns)))
// cycles of its adder tree. `lengths`, where a mask leaves out a part of the rows, says how many
// elements of each are worked on: slots are then ceil(their sum / lanes), or in a reducing pass of
// columns >= lanes the sum of ceil(length / lanes).
[[nodiscard]] VectorTiming vector_timing(const VectorCosts& costs, std::int64_t rows,
                                         std::int64_t columns, const std::vector<PassWork>& passes,
                                         const std::vector<std::int64_t>& lengths = {});

}  // namespace orrery::timing
