// SPDX-License-Identifier: Apache-2.0
#include "scenario/scenario_run.h"

#include <chrono>

#include "analytical/graph_products.h"
#include "analytical/run.h"
#include "scenario/coverage.h"

namespace orrery::scenario {
namespace {

platform::RunOutput compute(const Scenario& scenario) {
  const auto start = std::chrono::steady_clock::now();
  platform::RunOutput output;
  output.result = analytical::run(scenario.platform, scenario.workload, scenario.mapping);
  output.host.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return output;
}

}  // namespace

void require_simulated(const Scenario& scenario, const std::string& command) {
  if (!scenario.workload.products.empty()) {
    throw base::UserError(base::Diagnostic{
        scenario.workload.products.front().where, "",
        "a workload of kind products has no operators that "
        "could be lowered for '" +
            command + "'",
        "`orrery run` with a mapping that has `execution: {kind: analytical}`", ""});
  }
  if (scenario.mapping.is_analytical()) {
    throw base::UserError(base::Diagnostic{
        scenario.mapping.execution->where, "mapping.execution",
        "closed forms have nothing to lower for '" + command + "'", "`kind: simulated`", ""});
  }
}

ScenarioRun::ScenarioRun(const Scenario& scenario) : scenario_(scenario) {
  if (!scenario.mapping.is_analytical()) {
    require_simulated(scenario, "run");
    streams_ = scenario_streams(scenario);
  }
}

platform::RunOutput ScenarioRun::run(const platform::RunOptions& options) const {
  return named(streams_ ? platform::run(scenario_.platform, streams_->pointers(), options)
                        : compute(scenario_));
}

platform::RunOutput ScenarioRun::named(platform::RunOutput output) const {
  output.result.config_hash = scenario_.hash;
  if (streams_) {
    output.result.dataflow = dataflows_of(streams_->pointers());
  }
  const std::vector<std::string> notes = workload_notes(scenario_.workload);
  output.result.notes.insert(output.result.notes.end(), notes.begin(), notes.end());
  return output;
}

std::vector<std::string> ScenarioRun::layer_names() const {
  std::vector<std::string> names;
  if (streams_) {
    for (const command::LayerInfo& layer : streams_->plans.front()->header.layers) {
      names.push_back(layer.name);
    }
    return names;
  }
  const workload::Workload& workload = scenario_.workload;
  for (const workload::Product& product :
       workload.products.empty() ? analytical::products_of(workload.graph) : workload.products) {
    names.push_back(product.name);
  }
  return names;
}

std::string ScenarioRun::loops() const {
  return streams_ ? loop_nests(*streams_->plans.front()) : "";
}

}  // namespace orrery::scenario
