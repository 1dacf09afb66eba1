// SPDX-License-Identifier: Apache-2.0
#include "cli/tuning.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/interrupt.h"
#include "cli/simulation.h"
#include "scenario/scenario_run.h"

namespace orrery::cli {
namespace {

const std::map<std::string, tuning::Objective>& objectives() {
  static const std::map<std::string, tuning::Objective> kObjectives{
      {"latency", tuning::Objective::kLatency}, {"energy", tuning::Objective::kEnergy}};
  return kObjectives;
}

double cost_of(const metrics::RunResult& result, const TuningRequest& request) {
  return objectives().at(request.objective) == tuning::Objective::kLatency
             ? static_cast<double>(result.cycles)
             : result.total_energy_pj();
}

std::string cost_text(const tuning::TunedLayer& layer, const TuningRequest& request) {
  constexpr double kNanojoule = 1e-6;  // a femtojoule
  if (objectives().at(request.objective) == tuning::Objective::kLatency) {
    return fmt::format("{} -> {} cycles", layer.default_cost, layer.cost);
  }
  return fmt::format("{:.6g} -> {:.6g} nJ", static_cast<double>(layer.default_cost) * kNanojoule,
                     static_cast<double>(layer.cost) * kNanojoule);
}

metrics::RunResult simulate_mapping(const scenario::Scenario& scenario,
                                    const lowering::MappingConfig& mapping,
                                    const std::string& title) {
  lowering::LoweredStream stream(lowering::make_plan(scenario.workload.graph,
                                                     lowering::machine_from(scenario.platform),
                                                     mapping, scenario.workload.seed));
  metrics::RunResult result =
      platform::run(scenario.platform, {&stream}, WatchedRun({}, title).options()).result;
  result.dataflow = scenario::dataflows_of({&stream});
  return result;
}

}  // namespace

void define_tuning_options(CLI::App& app, TuningRequest& request) {
  app.add_option("--tune", request.evaluations,
                 "Search for better tilings with this many simulations of each distinct layer.")
      ->check(CLI::Validator(
          [](const std::string& text) {
            std::int64_t value = 0;
            return CLI::detail::lexical_cast(text, value) && value > 0 && value <= 1'000'000
                       ? std::string()
                       : "found '" + text + "'; expected an integer from 1 to 1000000";
          },
          ""));
  app.add_option("--objective", request.objective, "latency (the default) or energy, for --tune.")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return objectives().contains(text) ? std::string()
                                               : "found '" + text + "'; expected latency or energy";
          },
          ""));
}

TuningOutcome tune_scenario(const scenario::Scenario& scenario, const TuningRequest& request,
                            bool any_dataflow, std::optional<metrics::RunResult> by_default,
                            const std::string& title) {
  scenario::require_simulated(scenario, "--tune");
  TuningOutcome outcome;
  outcome.mapping = scenario.mapping;
  tuning::TuningOptions options;
  options.evaluations = request.evaluations;
  options.seed = scenario.workload.seed;
  options.objective = objectives().at(request.objective);
  options.any_dataflow = any_dataflow;
  tuning::TunedMapping tuned;
  {
    const InterruptGuard guard;
    options.interrupt = &guard.flag();
    tuned = tuning::tune(scenario.platform, scenario.workload.graph, scenario.mapping,
                         scenario.workload.seed, options);
  }
  outcome.layers = std::move(tuned.layers);
  outcome.interrupted = tuned.interrupted;
  if (outcome.interrupted) {
    return outcome;
  }
  outcome.by_default = by_default
                           ? std::move(*by_default)
                           : simulate_mapping(scenario, scenario.mapping, title + "default: ");
  outcome.tuned = simulate_mapping(scenario, tuned.mapping, title + "tuned: ");
  outcome.interrupted = outcome.by_default.partial || outcome.tuned.partial;
  outcome.is_better = cost_of(outcome.tuned, request) < cost_of(outcome.by_default, request);
  if (outcome.is_better) {
    outcome.mapping = std::move(tuned.mapping);
  } else {
    outcome.tuned = outcome.by_default;
  }
  return outcome;
}

std::vector<std::string> tuning_lines(const TuningOutcome& outcome, const TuningRequest& request,
                                      std::uint64_t seed) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("Tuned for {} with {} simulations of each distinct layer, seed {}:",
                              request.objective, request.evaluations, seed));
  for (const tuning::TunedLayer& layer : outcome.layers) {
    lines.push_back(
        fmt::format("  {}{}: {}, {} of {} candidates simulated{}", layer.name,
                    layer.layers > 1 ? fmt::format(" (and {} like it)", layer.layers - 1) : "",
                    cost_text(layer, request), layer.evaluations, layer.candidates,
                    layer.is_proven ? ", the best of all" : ""));
  }
  lines.push_back(fmt::format(
      "The whole workload: {} cycles and {:.6g} uJ by default, {} and {:.6g} uJ {}",
      outcome.by_default.cycles, outcome.by_default.total_energy_pj() * 1e-6, outcome.tuned.cycles,
      outcome.tuned.total_energy_pj() * 1e-6,
      outcome.is_better ? "tuned."
                        : "with what was found, which is no better: the default stays."));
  return lines;
}

}  // namespace orrery::cli
