// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lowering/lowering.h"

namespace orrery::lowering {

// The rule that asks for what a plan does with one of its layers: `match`, and every key that the
// layer knows. mapping: that of the plan.
[[nodiscard]] config::Node chosen_rule(const Plan& plan, const workload::Graph& graph,
                                       const MappingConfig& mapping, std::size_t layer);

// A mapping file with a rule for every layer of a plan and, as comments, the estimates that
// decided. Lowered with it the same graph gives the same stream. mapping: that of the plan, for
// the keys that are not a layer's. heading: lines of the comment at the top.
[[nodiscard]] std::string chosen_mapping(const Plan& plan, const workload::Graph& graph,
                                         const MappingConfig& mapping,
                                         const std::vector<std::string>& heading);

}  // namespace orrery::lowering
