// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "metrics/run_result.h"

namespace orrery::report {

// One line of comma-separated values (RFC 4180, line feeds): fields with commas, quotes or line
// feeds are quoted.
[[nodiscard]] std::string csv_line(const std::vector<std::string>& fields);

// The content of layers.csv: one line a layer, units in the names of the columns. The columns of
// tiers and engines begin with their names: hbm_bytes_read, array0_busy_cycles.
[[nodiscard]] std::string layers_csv(const metrics::RunResult& result);

// The content of activity.csv: one line an interval of the run; empty where nothing is known.
[[nodiscard]] std::string activity_csv(const metrics::RunResult& result);

}  // namespace orrery::report
