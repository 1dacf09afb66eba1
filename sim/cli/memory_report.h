// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/memory_scenario.h"
#include "memory/trace/check_output.h"
#include "memory/trace/trace_run.h"
#include "report/json.h"

namespace orrery::cli {

// The content of memory.json, described in docs/components/memory_traces.md and
// docs/schemas/memory.schema.json. The same for every run of the same input. check: null when the
// run was not checked.
[[nodiscard]] report::Json memory_json(const MemoryScenario& scenario,
                                       const memory::trace::TraceResult& result,
                                       const memory::trace::CheckOutput* check);

// The same for people, at most 100 columns wide.
[[nodiscard]] std::string memory_summary(const MemoryScenario& scenario,
                                         const memory::trace::TraceResult& result,
                                         const memory::trace::CheckOutput* check);

}  // namespace orrery::cli
