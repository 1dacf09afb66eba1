// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "scenario/scenario.h"

namespace orrery::scenario {

// The command streams that a scenario runs as.
struct ScenarioStreams {
  std::vector<std::shared_ptr<const lowering::Plan>> plans;
  std::vector<std::unique_ptr<command::Source>> sources;

  [[nodiscard]] std::vector<command::Source*> pointers() const;
};

// One stream, or, where the mapping interleaves sub-batches, two: each with half of the requests
// and half of every memory, and rendezvous before and behind each attention layer, such that the
// second is a stage behind the first (NeuPIMs, stages A to F). Throws base::UserError where
// something does not fit, and where the workload cannot be divided.
[[nodiscard]] ScenarioStreams scenario_streams(const Scenario& scenario);

}  // namespace orrery::scenario
