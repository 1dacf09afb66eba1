// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/run.h"
#include "scenario/scenario.h"
#include "scenario/scenario_streams.h"

namespace orrery::scenario {

// A scenario that is ready to run: lowered, or, where its mapping asks for closed forms, to be
// computed by them.
class ScenarioRun {
 public:
  // Throws base::UserError where it cannot be lowered. The scenario must outlive this.
  explicit ScenarioRun(const Scenario& scenario);

  // As platform::run(), with the configuration's hash, the dataflow and what the workload notes in
  // the result.
  [[nodiscard]] platform::RunOutput run(const platform::RunOptions& options) const;

  [[nodiscard]] std::vector<std::string> layer_names() const;
  // The loop nests of all layers; empty where nothing was lowered.
  [[nodiscard]] std::string loops() const;

 private:
  [[nodiscard]] platform::RunOutput named(platform::RunOutput output) const;

  const Scenario& scenario_;
  std::optional<ScenarioStreams> streams_;  // absent: closed forms
};

// Throws base::UserError where the scenario does not ask for a simulation, which `command` needs.
void require_simulated(const Scenario& scenario, const std::string& command);

}  // namespace orrery::scenario
