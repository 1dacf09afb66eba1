// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace orrery::workload {

// Weights proportional to 1 / rank^exponent of ranks 1, 2, ..., count, 2^32 for the first and at
// least 1: a Zipf distribution. The exponent is given in thousandths. Integer arithmetic (24 bits
// or better), so that every machine draws the same.
[[nodiscard]] std::vector<std::int64_t> zipf_weights(std::int64_t count,
                                                     std::int64_t exponent_thousandths);

}  // namespace orrery::workload
