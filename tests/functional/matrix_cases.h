// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/functional/random_cases.h"

namespace orrery::testing {

// Convolutions in groups, of one dimension and transposed, products with batches, broadcasting and
// factors, behind them element-wise operators that may be fused.
[[nodiscard]] RandomCase matrix_case(std::uint64_t seed);

[[nodiscard]] const std::vector<std::string>& matrix_families();

// Convolutions, most of them with filters that overlap, and products, all of them row stationary.
[[nodiscard]] RandomCase row_stationary_case(std::uint64_t seed);
[[nodiscard]] const std::vector<std::string>& row_stationary_families();

}  // namespace orrery::testing
