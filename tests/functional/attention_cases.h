// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tests/functional/random_cases.h"

namespace orrery::testing {

// Attention in one of its forms: heads in groups, windows, with and without a cache, cross
// attention, values of another size; scratchpads in which a tile holds far fewer keys than a row.
[[nodiscard]] RandomCase attention_case(std::uint64_t seed);

}  // namespace orrery::testing
