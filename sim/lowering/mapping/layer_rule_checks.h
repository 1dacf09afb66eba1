// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/error.h"
#include "lowering/machine/machine.h"
#include "lowering/mapping/fusion.h"
#include "lowering/mapping/mapping_config.h"

namespace orrery::lowering {

// Adds a diagnostic for each layer rule that matches no layer, has a key that no layer it matches
// knows, or names an engine, a tier or a rider that is not there.
void check_layer_rules(const workload::Graph& graph, const std::vector<LayerGroup>& groups,
                       const Machine& machine, const MappingConfig& mapping,
                       base::Diagnostics& diagnostics);

}  // namespace orrery::lowering
