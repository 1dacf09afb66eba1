// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "workload/graph.h"
#include "workload/product.h"

namespace orrery::analytical {

// The operators of a graph as products, in their order. An attention becomes two, NAME.scores and
// NAME.values, of all pairs of queries and keys, masked or not; its logits do not go to memory.
// Views cost nothing and are left out. Operators that are no products only move what they read and
// write.
[[nodiscard]] std::vector<workload::Product> products_of(const workload::Graph& graph);

}  // namespace orrery::analytical
