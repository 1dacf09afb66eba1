// SPDX-License-Identifier: Apache-2.0
#include "metrics/run_result.h"

#include <algorithm>

namespace orrery::metrics {

double EngineResult::utilization() const {
  return macs_possible == 0 ? 0.0
                            : static_cast<double>(macs_useful) / static_cast<double>(macs_possible);
}

double TierResult::bandwidth_utilization() const {
  return peak_bytes_per_second > 0.0 ? achieved_bytes_per_second / peak_bytes_per_second : 0.0;
}

double RunResult::seconds() const {
  return static_cast<double>(latency) / static_cast<double>(base::kFemtosecondsPerSecond);
}

double RunResult::total_energy_pj() const {
  double total = 0.0;
  for (const auto& [name, picojoules] : energy_pj) {
    total += picojoules;
  }
  return total;
}

double RunResult::average_watts() const {
  return latency == 0 ? 0.0 : total_energy_pj() * 1e-12 / seconds();
}

bool RunResult::invariants_hold() const {
  return std::all_of(invariants.begin(), invariants.end(),
                     [](const Invariant& invariant) { return invariant.holds; });
}

}  // namespace orrery::metrics
