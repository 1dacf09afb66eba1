// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "lowering/fusion.h"
#include "lowering/mapping_config.h"
#include "workload/graph.h"

namespace orrery::lowering {

// The graph with the tensors behind its own that layers need in memory while they run, noted in
// their groups: the logits [B, heads, T, keys] of unfused attention, "<operator>.logits".
[[nodiscard]] workload::Graph with_workspaces(const workload::Graph& graph,
                                              const MappingConfig& mapping,
                                              std::vector<LayerGroup>& groups);

}  // namespace orrery::lowering
