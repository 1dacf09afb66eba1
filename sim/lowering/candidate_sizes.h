// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::lowering {

// Sizes of a tile that are tried for a dimension: the whole, powers of two, and `edge` times powers
// of two, ascending. `even`: a part that is not the whole has an even size, so that rows of
// half-byte elements begin at whole bytes.
[[nodiscard]] std::vector<std::int64_t> candidate_sizes(std::int64_t whole, std::int64_t edge,
                                                        bool even);

}  // namespace orrery::lowering
