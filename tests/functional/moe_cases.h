// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "workload/graph.h"

namespace orrery::testing {

// A small mixture of experts drawn from a seed: one token to some, any number of experts up to all
// for each token, gated or not, with and without a shared expert, capacities, skew, zero, copy and
// constant experts; experts or tokens in order. Few tokens on many experts leave some empty.
[[nodiscard]] workload::Graph random_mixture(std::uint64_t seed);

}  // namespace orrery::testing
