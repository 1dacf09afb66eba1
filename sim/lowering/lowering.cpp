// SPDX-License-Identifier: Apache-2.0
#include "lowering/lowering.h"

#include <utility>

#include "lowering/operator_table.h"
#include "lowering/workspace.h"

namespace orrery::lowering {
namespace {

// What every layer needs.
void check_machine(const Machine& machine, base::Diagnostics& diagnostics) {
  const auto require = [&](bool there, const char* what) {
    if (!there) {
      diagnostics.add({{}, "platform.engines", std::string("no ") + what, "at least one", ""});
    }
  };
  require(!machine.vector_units.empty(), "vector unit");
  require(!machine.load_engines.empty(), "DMA engine that loads");
  require(!machine.store_engines.empty(), "DMA engine that stores");
  require(!machine.tiers.empty(), "memory tier");
}

command::LayerInfo layer_info(const workload::Graph& graph, const LayerGroup& group) {
  const workload::Operator& op = graph.operators[group.op];
  command::LayerInfo info;
  info.name = group.name;
  info.kind = workload::kind_name(op.attributes);
  info.macs_useful = workload::useful_macs(graph, op);
  return info;
}

}  // namespace

std::shared_ptr<const Plan> make_plan(const workload::Graph& given, const Machine& machine,
                                      const MappingConfig& mapping, std::uint64_t seed) {
  auto plan = std::make_shared<Plan>();
  plan->machine = machine;
  plan->header = {given.name, machine.name, seed, machine.engines, {}, {}};
  for (const Machine::Tier& tier : machine.tiers) {
    plan->header.tiers.push_back(tier.name);
  }
  base::Diagnostics diagnostics;
  check_machine(machine, diagnostics);
  diagnostics.throw_if_any();

  std::vector<LayerGroup> groups = fuse(given, mapping.fusion);
  const workload::Graph graph = with_workspaces(given, mapping, groups);
  plan->placements = place_tensors(graph, groups, machine, mapping, diagnostics);
  diagnostics.throw_if_any();

  MatrixTilingCache tilings;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const LayerRequest request{
        graph, groups[i], i, plan->machine, mapping, plan->placements, seed, tilings, diagnostics};
    command::LayerInfo info = layer_info(graph, groups[i]);
    const PlanFunction* function = operator_table().find(info.kind);
    base::require_invariant(function != nullptr, "every operator has a lowering", info.kind);
    auto body = (*function)(request);
    if (body) {
      body->describe(info);
    }
    plan->header.layers.push_back(std::move(info));
    plan->layers.push_back({groups[i], std::move(body)});
  }
  diagnostics.throw_if_any();
  return plan;
}

LoweredStream::LoweredStream(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), emitter_(plan_->machine, plan_->placements) {}

bool LoweredStream::next(command::Command& command) {
  while (!emitter_.take(command)) {
    if (steps_.next()) {
      continue;
    }
    if (next_layer_ == plan_->layers.size()) {
      return false;
    }
    emitter_.begin_layer(static_cast<command::LayerIndex>(next_layer_));
    steps_ = plan_->layers[next_layer_].body->steps(emitter_);
    ++next_layer_;
  }
  return true;
}

std::string loop_nest_text(const Plan& plan, std::size_t layer) {
  return plan.header.layers.at(layer).name + "\n" + plan.layers.at(layer).body->loop_nest();
}

}  // namespace orrery::lowering
