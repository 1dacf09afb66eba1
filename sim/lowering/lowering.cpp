// SPDX-License-Identifier: Apache-2.0
#include "lowering/lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "lowering/banks/offload.h"
#include "lowering/mapping/layer_rule_checks.h"
#include "lowering/mapping/name_pattern.h"
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

// Gives weights the last of the load engines.
void keep_engine_for_weights(const base::SourcePosition& where, Machine& machine,
                             base::Diagnostics& diagnostics) {
  if (machine.load_engines.size() < 2) {
    diagnostics.add({where, "mapping.weights_ahead", "the platform has one DMA engine that loads",
                     "at least two: one for weights, one for all else", ""});
    return;
  }
  machine.weight_engines = {machine.load_engines.back()};
  machine.load_engines.pop_back();
}

// What the mapping says of each operator, if a layer begins with it.
std::vector<LayerMapping> layer_mappings(const workload::Graph& graph,
                                         const MappingConfig& mapping) {
  std::vector<LayerMapping> result;
  for (const workload::Operator& op : graph.operators) {
    result.push_back(layer_mapping(mapping, op));
  }
  return result;
}

MayRide may_ride_rule(const workload::Graph& graph, const std::vector<LayerMapping>& mappings) {
  return [&](const workload::Operator& first, const workload::Operator& rider) {
    const auto& result = graph.tensors[static_cast<std::size_t>(rider.output)];
    if (numeric::is_table(result.type) && mappings.front().tables == TableForm::kSeparate) {
      return false;
    }
    const Wish<Names>& fuse =
        mappings[static_cast<std::size_t>(&first - graph.operators.data())].fuse;
    return !fuse || std::any_of(fuse->value.begin(), fuse->value.end(),
                                [&](const auto& pattern) { return follows(pattern, rider.name); });
  };
}

// The header names the memories that compute where layers do so in them.
void name_pim_memories(const std::vector<LayerGroup>& groups, Plan& plan) {
  if (std::none_of(groups.begin(), groups.end(),
                   [](const LayerGroup& group) { return group.pim || group.product; })) {
    return;
  }
  for (const Machine::Tier& tier : plan.machine.tiers) {
    if (tier.pim) {
      plan.header.pim_memories.push_back(*tier.pim);
    }
  }
}

command::LayerInfo layer_info(const workload::Graph& graph, const LayerGroup& group) {
  const workload::Operator& op = graph.operators[group.op];
  command::LayerInfo info;
  info.name = group.name;
  info.kind = workload::kind_name(op.attributes);
  info.macs_useful = workload::useful_macs(graph, op);
  return info;
}

// Plans every layer of the groups, whose tensors have their places.
void plan_layers(const workload::Graph& graph, const std::vector<LayerMapping>& mappings,
                 const std::vector<LayerGroup>& groups, Plan& plan,
                 base::Diagnostics& diagnostics) {
  std::map<Names, MatrixTilingCache> tilings;  // by the engines that the layer may use
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const LayerMapping& wishes = mappings[groups[i].op];
    auto part = wishes.engines ? part_of(plan.machine, wishes.engines->value) : nullptr;
    MatrixTilingCache& cache = tilings[wishes.engines ? wishes.engines->value : Names()];
    const LayerRequest request{graph,
                               groups[i],
                               i,
                               part ? *part : plan.machine,
                               wishes,
                               plan.placements,
                               plan.header.seed,
                               cache,
                               diagnostics};
    command::LayerInfo info = layer_info(graph, groups[i]);
    const PlanFunction* function = operator_table().find(info.kind);
    base::require_invariant(function != nullptr, "every operator has a lowering", info.kind);
    auto body = (*function)(request);
    if (body) {
      body->describe(info);
    }
    if (body && !body->is_shared() && plan.machine.partitions > 1) {
      info.tiling += fmt::format("; by one of {} partitions", plan.machine.partitions);
    }
    if (!groups[i].note.empty()) {
      info.tiling += "; " + groups[i].note;
    }
    plan.header.layers.push_back(std::move(info));
    plan.layers.push_back({groups[i], wishes, std::move(part), std::move(body)});
  }
  diagnostics.throw_if_any();
}

std::shared_ptr<const Plan> plan_with(const workload::Graph& given, const Machine& machine,
                                      const MappingConfig& mapping,
                                      const std::vector<LayerMapping>& mappings,
                                      std::uint64_t seed) {
  auto plan = std::make_shared<Plan>();
  plan->machine = machine;
  plan->header = {given.name, machine.name, seed, machine.engines, {}, {}};
  for (const Machine::Tier& tier : machine.tiers) {
    plan->header.tiers.push_back(tier.name);
  }
  base::Diagnostics diagnostics;
  check_machine(machine, diagnostics);
  if (mapping.weights_ahead) {
    keep_engine_for_weights(mapping.where, plan->machine, diagnostics);
  }
  diagnostics.throw_if_any();

  std::vector<LayerGroup> groups = fuse(given, may_ride_rule(given, mappings));
  check_layer_rules(given, groups, plan->machine, mapping, diagnostics);
  diagnostics.throw_if_any();
  // Those that compare times are planned on arrays first.
  std::shared_ptr<const Plan> on_arrays;
  const auto array_cycles = [&](std::size_t group) {
    if (!on_arrays) {
      std::vector<LayerMapping> never = mappings;
      for (std::size_t i = 0; i < never.size(); ++i) {
        if (compares_times(given.operators[i], never[i])) {
          never[i].offload->value = OffloadPolicy::kNever;
        }
      }
      on_arrays = plan_with(given, machine, mapping, never, seed);
    }
    return on_arrays->layers[group].body->estimated_cycles();
  };
  plan_offloads(given, mappings, plan->machine, array_cycles, groups, diagnostics);
  diagnostics.throw_if_any();
  name_pim_memories(groups, *plan);
  const workload::Graph graph = with_workspaces(given, mappings, groups);
  plan->placements = place_tensors(graph, groups, plan->machine, mapping, diagnostics);
  diagnostics.throw_if_any();
  plan_layers(graph, mappings, groups, *plan, diagnostics);
  return plan;
}

}  // namespace

std::shared_ptr<const Plan> make_plan(const workload::Graph& graph, const Machine& machine,
                                      const MappingConfig& mapping, std::uint64_t seed) {
  return plan_with(graph, machine, mapping, layer_mappings(graph, mapping), seed);
}

LoweredStream::LoweredStream(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), emitter_(plan_->machine, plan_->placements) {}

void LoweredStream::begin_layer() {
  const Plan::PlannedLayer& layer = plan_->layers[next_layer_];
  const Machine& machine = layer.machine ? *layer.machine : plan_->machine;
  emitter_.begin_layer(static_cast<command::LayerIndex>(next_layer_), machine);
  workers_.clear();
  for (std::int64_t i = 0; i < (layer.body->is_shared() ? machine.partitions : 1); ++i) {
    workers_.push_back({layer.body->steps(emitter_)});
  }
  next_worker_ = 0;
  ++next_layer_;
}

bool LoweredStream::step() {
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const std::size_t partition = next_worker_;
      Worker& worker = workers_[partition];
      next_worker_ = (next_worker_ + 1) % workers_.size();
      if (worker.done || worker.waits) {
        continue;
      }
      emitter_.work_for(static_cast<std::int64_t>(partition),
                        static_cast<std::int64_t>(workers_.size()));
      const std::optional<Step> step = worker.steps.next();
      worker.done = !step;
      worker.waits = step && step->meets;
      if (step) {
        return true;
      }
    }
    // All that are not through have met.
    next_worker_ = 0;
    for (Worker& worker : workers_) {
      worker.waits = false;
    }
  }
  return false;
}

bool LoweredStream::next(command::Command& command) {
  while (!emitter_.take(command)) {
    if (step()) {
      continue;
    }
    if (next_layer_ == plan_->layers.size()) {
      return false;
    }
    begin_layer();
  }
  return true;
}

std::string loop_nest_text(const Plan& plan, std::size_t layer) {
  const std::string& note = plan.layers.at(layer).group.note;
  return plan.header.layers.at(layer).name + (note.empty() ? "" : ": " + note) + "\n" +
         plan.layers.at(layer).body->loop_nest();
}

}  // namespace orrery::lowering
