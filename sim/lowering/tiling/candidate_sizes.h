// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::lowering {

// Sizes of a tile that are tried for a dimension: the whole, powers of two, and `edge` times powers
// of two, ascending. A part that is not the whole is a multiple of `granule`, so that its elements
// are whole blocks and fill whole bytes.
[[nodiscard]] std::vector<std::int64_t> candidate_sizes(std::int64_t whole, std::int64_t edge,
                                                        std::int64_t granule = 1);

// The same, and even divisions of the whole by 2 to 6, as they are and rounded up to multiples of
// the edge.
[[nodiscard]] std::vector<std::int64_t> fine_candidate_sizes(std::int64_t whole, std::int64_t edge,
                                                             std::int64_t granule = 1);

using SizeList = std::vector<std::int64_t> (*)(std::int64_t whole, std::int64_t edge,
                                               std::int64_t granule);

}  // namespace orrery::lowering
