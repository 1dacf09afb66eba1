// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lowering/mapping/mapping_config.h"
#include "tests/functional/trial.h"
#include "workload/graph.h"

namespace orrery::testing {

// A small workload on a small machine, all drawn from a seed: sizes 1, primes, below and above the
// array; strides, paddings, dilations; one or several arrays, units, DMA engines and tiers; all
// dataflows; scratchpads from ample to hardly enough.
struct RandomCase {
  std::string family;  // "convolution", "attention", ...
  workload::Graph graph;
  SmallMachine machine;
  lowering::MappingConfig mapping;
};

// The families in turn as the seed counts up.
[[nodiscard]] RandomCase random_case(std::uint64_t seed);
[[nodiscard]] const std::vector<std::string>& random_families();

// The same on arrays that work in steps, of any shape and order.
[[nodiscard]] RandomCase step_array_case(std::uint64_t seed);

// The same on a machine of several partitions, without rules that keep operands.
[[nodiscard]] RandomCase partitioned_case(std::uint64_t seed);

// Layer rules for the matrix operators of a graph.
[[nodiscard]] std::vector<lowering::LayerRule> random_rules(std::uint64_t seed,
                                                            const workload::Graph& graph);

}  // namespace orrery::testing
