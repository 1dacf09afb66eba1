// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lowering/mapping/fusion.h"
#include "lowering/mapping/layer_mapping.h"
#include "workload/graph.h"

namespace orrery::lowering {

// Of the tensor that the operator of a layer needs in memory while it runs.
[[nodiscard]] std::string workspace_name(const workload::Operator& op, const LayerGroup& group);

// The graph with the tensors behind its own that layers need in memory while they run, noted in
// their groups: the logits [B, heads, T, keys] of unfused attention, "<operator>.logits"; the
// rows in which vectors of attention or a product in a PIM memory wait, "<operator>.vectors"; and
// those in which values wait until they fill a block, "<operator>.staging", which stay from one
// decode step to the next. mappings: by operator.
[[nodiscard]] workload::Graph with_workspaces(const workload::Graph& graph,
                                              const std::vector<LayerMapping>& mappings,
                                              std::vector<LayerGroup>& groups);

}  // namespace orrery::lowering
