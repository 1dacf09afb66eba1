// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "workload/graph_description.h"
#include "workload/workload.h"

namespace orrery::scenario {

// What the import of a workload covers, for people; empty where nothing was imported.
[[nodiscard]] std::string coverage_text(const workload::Workload& workload,
                                        const workload::GraphDescription& graph);

// The same for the notes of a result: the counts, and the names of ignored nodes.
[[nodiscard]] std::vector<std::string> coverage_notes(const workload::Workload& workload);

// All that the notes of a result say of the workload: the import's coverage, the batch, the
// mixtures of experts.
[[nodiscard]] std::vector<std::string> workload_notes(const workload::Workload& workload);

}  // namespace orrery::scenario
