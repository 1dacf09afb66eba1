// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "metrics/run_result.h"
#include "scenario/scenario.h"
#include "tuning/tune.h"

namespace CLI {
class App;
}

namespace orrery::cli {

// What the user asked of the search.
struct TuningRequest {
  std::int64_t evaluations = 0;  // 0: no search
  std::string objective = "latency";
};

// Declares --tune and --objective.
void define_tuning_options(CLI::App& app, TuningRequest& request);

// The default mapping of a scenario and the best one that was found, each simulated as a whole.
struct TuningOutcome {
  metrics::RunResult by_default;
  metrics::RunResult tuned;  // of `mapping`
  lowering::MappingConfig mapping;
  bool is_better = false;  // else `mapping` is the scenario's own
  std::vector<tuning::TunedLayer> layers;
  bool interrupted = false;
};

// Tunes the layers of a scenario and simulates the whole workload with both mappings; the tuned one
// is kept only where it is better there too. by_default: where it was simulated before.
[[nodiscard]] TuningOutcome tune_scenario(const scenario::Scenario& scenario,
                                          const TuningRequest& request, bool any_dataflow,
                                          std::optional<metrics::RunResult> by_default = {},
                                          const std::string& title = {});

// Lines that say what the search did, for people.
[[nodiscard]] std::vector<std::string> tuning_lines(const TuningOutcome& outcome,
                                                    const TuningRequest& request,
                                                    std::uint64_t seed);

}  // namespace orrery::cli
