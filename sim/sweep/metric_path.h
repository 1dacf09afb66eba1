// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "report/json.h"
#include "sweep/study.h"

namespace orrery::sweep {

// The number at a path of a result ("latency.cycles", "engines.array.utilization"): keys of maps,
// items of lists by their `name`; true and false are 1 and 0. A name that ends in '*' stands for
// all that begin so, and Metric::combine makes one number of theirs. Where there is none,
// Metric::absent.
// Throws base::UserError, located at the path in the study, with the nearest name.
[[nodiscard]] double read_metric(const report::Json& result, const Metric& metric);

}  // namespace orrery::sweep
