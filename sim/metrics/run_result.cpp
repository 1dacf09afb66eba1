// SPDX-License-Identifier: Apache-2.0
#include "metrics/run_result.h"

#include <algorithm>

namespace orrery::metrics {

double EngineResult::utilization() const {
  return macs_possible == 0 ? 0.0
                            : static_cast<double>(macs_useful) / static_cast<double>(macs_possible);
}

double EngineResult::peak_operations_per_second() const {
  return cycles.total == 0 ? 0.0
                           : 2.0 * static_cast<double>(macs_possible) * clock_hertz /
                                 static_cast<double>(cycles.total);
}

double EngineResult::operations_per_second() const {
  return peak_operations_per_second() * utilization();
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

double RunResult::array_operations_per_joule() const {
  double operations = 0.0;
  for (const EngineResult& engine : engines) {
    if (engine.kind != "pim") {
      operations += 2.0 * static_cast<double>(engine.macs_useful);
    }
  }
  double picojoules = 0.0;
  for (const auto& [name, energy] : energy_pj) {
    picojoules += name.starts_with("array.") ? energy : 0.0;
  }
  return picojoules > 0.0 ? operations / (picojoules * 1e-12) : 0.0;
}

bool RunResult::invariants_hold() const {
  return std::all_of(invariants.begin(), invariants.end(),
                     [](const Invariant& invariant) { return invariant.holds; });
}

}  // namespace orrery::metrics
