// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "lowering/machine/machine.h"
#include "lowering/mapping/fusion.h"
#include "lowering/mapping/layer_mapping.h"
#include "workload/graph.h"

namespace orrery::lowering {

// Cycles that the layer of a group takes on arrays, by the estimate; nullopt where none is kept.
using ArrayCycles = std::function<std::optional<std::int64_t>(std::size_t group)>;

// Whether a layer's place is decided by comparing estimates.
[[nodiscard]] bool compares_times(const workload::Operator& op, const LayerMapping& mapping);

// Decides which layers compute in the banks of a memory, and plans them there: `pim` or `product`
// of their groups is set, and `note` where a policy decided. mappings: by operator. array_cycles is
// asked for layers that compare times. Adds a diagnostic for each layer that must and cannot, and
// for keys that contradict each other.
void plan_offloads(const workload::Graph& graph, const std::vector<LayerMapping>& mappings,
                   const Machine& machine, const ArrayCycles& array_cycles,
                   std::vector<LayerGroup>& groups, base::Diagnostics& diagnostics);

}  // namespace orrery::lowering
