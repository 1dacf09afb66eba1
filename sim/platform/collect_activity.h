// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/run_result.h"
#include "platform/machine.h"

namespace orrery::platform {

// What engines and memories did over time, in as many intervals as they kept; after the latency.
void collect_activity(const Machine& machine, metrics::RunResult& result);

}  // namespace orrery::platform
