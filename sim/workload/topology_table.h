// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"

namespace orrery::workload {

// A line of a SCALE-Sim topology table, sizes in elements.
struct TopologyConvolution {
  std::int64_t image_h = 1, image_w = 1;
  std::int64_t filter_h = 1, filter_w = 1;
  std::int64_t channels = 1, filters = 1;
  std::int64_t stride = 1;
};
// A product [m, k] x [k, n].
struct TopologyProduct {
  std::int64_t m = 1, n = 1, k = 1;
};
struct TopologyLayer {
  std::string name;
  std::variant<TopologyConvolution, TopologyProduct> size;
  base::SourcePosition where;
};

// Reads a table whose first line names its columns, in any order and case: either "Layer name,
// IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides" or "Layer,
// M, N, K". Every line may end in a comma; empty lines are passed over. `file` names the table in
// messages. Throws base::UserError with every mistake, by line and column.
[[nodiscard]] std::vector<TopologyLayer> parse_topology(const std::string& text,
                                                        const std::string& file);

}  // namespace orrery::workload
