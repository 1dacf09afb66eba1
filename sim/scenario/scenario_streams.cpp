// SPDX-License-Identifier: Apache-2.0
#include "scenario/scenario_streams.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "lowering/lowering.h"
#include "lowering/machine/machine.h"
#include "lowering/machine/share.h"
#include "lowering/with_tables.h"

namespace orrery::scenario {
namespace {

using lowering::Share;

// The workload with one half of its requests.
workload::Workload half_of(const Scenario& scenario, int half) {
  config::Node document = scenario.workload.resolved;
  const config::Node* requests = document.find("requests");
  if (requests == nullptr || !requests->is_map() || requests->find("channels") == nullptr ||
      !requests->find("channels")->is_map()) {
    throw base::UserError(
        base::Diagnostic{scenario.mapping.where, "mapping.interleave",
                         "the workload does not say which channels its requests lie in",
                         "a workload with requests.channels", ""});
  }
  config::apply_override(
      document, {"requests.channels.sub_batch", config::Node::scalar(std::to_string(half))});
  return workload::make_workload(document, scenario.workload.name);
}

lowering::MappingConfig mapping_of(const Scenario& scenario, int half) {
  lowering::MappingConfig mapping = scenario.mapping;
  if (half == 1) {
    mapping.placement.insert(mapping.placement.begin(), mapping.second_placement.begin(),
                             mapping.second_placement.end());
  }
  return mapping;
}

// Stages of the first sub-batch: up to attention | attention | from its output to the next
// attention | ... The second begins with the second of these:
//
//   first:   A      | attention | C         | attention | ... | rest
//   second:         | B         | attention | D         | ...
std::vector<command::LayerIndex> meetings(const command::StreamHeader& header, int half) {
  std::vector<command::LayerIndex> layers;
  for (std::size_t i = 0; i < header.layers.size(); ++i) {
    if (header.layers[i].kind == "attention") {
      layers.push_back(static_cast<command::LayerIndex>(i));
      layers.push_back(static_cast<command::LayerIndex>(i + 1));
    }
  }
  if (half == 1 && !layers.empty()) {
    layers.insert(layers.begin(), 0);
    layers.pop_back();
  }
  return layers;
}

}  // namespace

std::vector<command::Source*> ScenarioStreams::pointers() const {
  std::vector<command::Source*> result;
  for (const auto& source : sources) {
    result.push_back(source.get());
  }
  return result;
}

ScenarioStreams scenario_streams(const Scenario& scenario) {
  ScenarioStreams result;
  if (!scenario.mapping.interleave) {
    result.plans.push_back(scenario.plan());
    result.sources.push_back(std::make_unique<lowering::LoweredStream>(result.plans.front()));
    return result;
  }
  const lowering::Machine machine = lowering::machine_from(scenario.platform);
  constexpr std::array kShares{Share{0, 50}, Share{50, 100}};
  for (int half = 0; half < 2; ++half) {
    workload::Workload workload = half_of(scenario, half);
    workload.graph = lowering::with_tables(workload.graph, machine, scenario.mapping);
    workload.graph.name = fmt::format("sub_batch_{}", half + 1);
    const Share& share = kShares[static_cast<std::size_t>(half)];
    const std::shared_ptr<const lowering::Plan> plan =
        lowering::make_plan(workload.graph, lowering::part_of_memories(machine, share),
                            mapping_of(scenario, half), workload.seed);
    result.plans.push_back(plan);
    result.sources.push_back(
        std::make_unique<lowering::SharedStream>(std::make_unique<lowering::LoweredStream>(plan),
                                                 machine, share, meetings(plan->header, half)));
  }
  return result;
}

}  // namespace orrery::scenario
