// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/functional/random_cases.h"

namespace orrery::testing {

// Products of some vectors with weights in the banks of a memory that computes, all drawn from a
// seed: outputs below, at and above those of a bank, a channel and all channels, products below, at
// and above a column and a row, one vector up to more than a block; bias, factors, transposed
// weights, element-wise operators behind; the memories of pim_attention_case. Family: the command
// set.
[[nodiscard]] RandomCase pim_product_case(std::uint64_t seed);

}  // namespace orrery::testing
