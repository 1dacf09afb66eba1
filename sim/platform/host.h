// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/run_result.h"

namespace orrery::platform {

// What the run cost the host; peak memory is that of the whole process so far.
[[nodiscard]] metrics::HostResult host_result(const metrics::RunResult& result, double seconds);

}  // namespace orrery::platform
