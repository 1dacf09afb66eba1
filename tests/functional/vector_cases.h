// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/functional/random_cases.h"

namespace orrery::testing {

// Small graphs of the vector units' operators: element-wise functions and broadcasting, reductions,
// long softmax, data movement, scatter, recurrences; alone, in chains and behind products. The
// families in turn as the seed counts up.
[[nodiscard]] RandomCase vector_case(std::uint64_t seed);
[[nodiscard]] const std::vector<std::string>& vector_families();

}  // namespace orrery::testing
