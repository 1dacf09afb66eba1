// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/platform_config.h"
#include "lowering/mapping/mapping_config.h"
#include "metrics/run_result.h"
#include "workload/workload.h"

namespace orrery::analytical {

// The result of a workload on a platform by the closed forms of docs/analytical.md, which the
// mapping's `execution` chooses: one layer for each product, one after the other. Nothing is
// simulated. Throws base::UserError where the platform has no closed form.
[[nodiscard]] metrics::RunResult run(const hardware::PlatformConfig& platform,
                                     const workload::Workload& workload,
                                     const lowering::MappingConfig& mapping);

}  // namespace orrery::analytical
