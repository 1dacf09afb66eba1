// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/run_result.h"
#include "report/json.h"

namespace orrery::report {

// The content of result.json, described in docs/result.md and docs/schemas/result.schema.json. The
// same for every run of the same input.
[[nodiscard]] Json result_json(const metrics::RunResult& result);

// The content of host.json: what the run cost on this machine.
[[nodiscard]] Json host_json(const metrics::HostResult& host);

// {"version": ..., "commit": ...}
[[nodiscard]] Json orrery_json();

}  // namespace orrery::report
