// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lowering/machine/machine.h"
#include "lowering/mapping/mapping_config.h"
#include "workload/graph.h"

namespace orrery::lowering {

// The graph in which the activations that an array multiplies by look-up are tables, made by the
// operator before or by one of their own, as the mapping's `tables` says; the graph itself where
// none is or they are made for each tile. Throws base::UserError where rows are no whole tables.
[[nodiscard]] workload::Graph with_tables(const workload::Graph& graph, const Machine& machine,
                                          const MappingConfig& mapping);

}  // namespace orrery::lowering
