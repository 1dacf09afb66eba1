// SPDX-License-Identifier: Apache-2.0
#include "tuning/layer_trial.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lowering/chosen_mapping.h"
#include "lowering/matrix/matrix_choice.h"
#include "lowering/matrix/matrix_layer.h"
#include "lowering/tiling/tiling_space.h"
#include "platform/run.h"
#include "timing/dataflow_codec.h"

namespace orrery::tuning {
namespace {

using lowering::LayerGroup;
using lowering::MatrixLayer;
using workload::Graph;
using workload::TensorId;

// The operators of a layer and their tensors. What other layers make is an input here.
Graph graph_of(const Graph& graph, const LayerGroup& group) {
  Graph result;
  result.name = graph.name;
  std::map<TensorId, TensorId> ids;
  const auto add_tensor = [&](TensorId id, bool is_made_here) {
    if (id == workload::kNoTensor || ids.contains(id)) {
      return;
    }
    workload::Tensor tensor = graph.tensors[static_cast<std::size_t>(id)];
    if (tensor.role != workload::TensorRole::kWeight) {
      tensor.role = id == group.output ? workload::TensorRole::kOutput
                    : is_made_here     ? workload::TensorRole::kActivation
                                       : workload::TensorRole::kInput;
    }
    ids[id] = static_cast<TensorId>(result.tensors.size());
    result.tensors.push_back(std::move(tensor));
  };
  std::vector<std::size_t> operators{group.op};
  for (const lowering::FusedStage& stage : group.stages) {
    operators.push_back(stage.op);
  }
  for (const std::size_t index : operators) {
    workload::Operator op = graph.operators[index];
    for (TensorId& input : op.inputs) {
      add_tensor(input, false);
      input = input == workload::kNoTensor ? input : ids.at(input);
    }
    add_tensor(op.output, true);
    op.output = ids.at(op.output);
    result.operators.push_back(std::move(op));
  }
  return result;
}

lowering::MappingConfig mapping_of(lowering::MappingConfig mapping, const Graph& graph,
                                   const lowering::Plan& plan, std::size_t layer) {
  mapping.layers.clear();
  mapping.placement.clear();
  mapping.tile_budget_percent = plan.layers[layer].wishes.tile_budget_percent;
  const LayerGroup& group = plan.layers[layer].group;
  std::vector<TensorId> tensors = lowering::inputs_of(graph, group);
  tensors.push_back(group.output);
  for (const TensorId id : tensors) {
    lowering::PlacementRule rule;
    rule.tensors = graph.tensors[static_cast<std::size_t>(id)].name;
    rule.tiers = {plan.machine.tiers[plan.placements[static_cast<std::size_t>(id)].tier].name};
    mapping.placement.push_back(std::move(rule));
  }
  return mapping;
}

// Whether cycles of estimates are cycles of results.
bool has_one_frequency(const hardware::PlatformConfig& platform) {
  return std::all_of(platform.clocks.begin(), platform.clocks.end(), [&](const auto& clock) {
    return clock.second.hertz == platform.clocks.front().second.hertz;
  });
}

// The part of a result's energy that grows with the bytes that are moved, and the part that grows
// with time.
struct EnergyShares {
  double bytes = 0.0;
  double time = 0.0;
  double rest = 0.0;
};

EnergyShares shares_of(const metrics::RunResult& result) {
  EnergyShares shares;
  for (const auto& [component, picojoules] : result.energy_pj) {
    const bool is_time = component.starts_with("leakage.") || component.ends_with(".background") ||
                         component.ends_with(".refresh");
    const bool is_bytes = component.ends_with(".read") || component.ends_with(".write") ||
                          component.ends_with(".activate_precharge");
    (is_time ? shares.time : is_bytes ? shares.bytes : shares.rest) += picojoules;
  }
  return shares;
}

std::int64_t cost_of(const metrics::RunResult& result, Objective objective) {
  constexpr double kFemtojoules = 1000.0;  // a picojoule
  return objective == Objective::kLatency ? result.cycles
                                          : std::llround(result.total_energy_pj() * kFemtojoules);
}

}  // namespace

LayerTrial::LayerTrial(const hardware::PlatformConfig& platform, const workload::Graph& graph,
                       const lowering::MappingConfig& mapping, const lowering::Plan& plan,
                       std::size_t layer, TrialOptions options)
    : platform_(platform),
      options_(options),
      machine_(plan.machine),
      graph_(graph_of(graph, plan.layers[layer].group)),
      mapping_(mapping_of(mapping, graph, plan, layer)),
      rule_(lowering::chosen_rule(plan, graph, mapping, layer)) {
  rule_.erase("placement");
  find_candidates(plan, layer);
  if (options_.objective == Objective::kEnergy) {
    estimate_energies();
  }
}

void LayerTrial::find_candidates(const lowering::Plan& plan, std::size_t layer) {
  const lowering::Plan::PlannedLayer& planned = plan.layers[layer];
  const auto& body = dynamic_cast<const MatrixLayer&>(*planned.body);
  const lowering::Machine& machine = planned.machine ? *planned.machine : machine_;
  problem_ = body.problem();
  product_names_ = body.product_names();
  arrays_ = machine.arrays.size();
  // An array does nothing else while it computes, so its cycles are a bound.
  const bool is_bounded = options_.objective == Objective::kLatency && has_one_frequency(platform_);
  const auto add = [&](const timing::Dataflow& dataflow, const lowering::MatrixTiling& tiling) {
    candidates_.push_back({dataflow, tiling, std::max<std::int64_t>(tiling.estimate(), 1),
                           is_bounded ? tiling.array_cycles : 0});
  };
  add(problem_.dataflow, body.tiling());
  const auto budget = static_cast<std::int64_t>(static_cast<__int128>(machine.scratchpad_bytes) *
                                                planned.wishes.tile_budget_percent / 100);
  std::vector<timing::Dataflow> dataflows{problem_.dataflow};
  const bool is_fixed =
      planned.wishes.dataflow && planned.wishes.dataflow->path.starts_with("mapping.layers");
  if (options_.any_dataflow && !is_fixed) {
    dataflows = machine.arrays.front().dataflows;
  }
  for (const timing::Dataflow& dataflow : dataflows) {
    lowering::MatrixProblem problem = problem_;
    problem.dataflow = dataflow;
    for (const std::int64_t bytes : {budget, machine.scratchpad_bytes}) {
      const auto space = lowering::tiling_space(problem, machine, body.wishes(), bytes,
                                                body.tiling().buffers > 1 ? 2 : 1);
      for (const lowering::MatrixTiling& tiling : space) {
        if (dataflow != problem_.dataflow || !same_choice(tiling, body.tiling())) {
          add(dataflow, tiling);
        }
      }
      if (!space.empty()) {
        break;
      }
    }
  }
}

// From what the plan's own tiling takes: energy by bytes grows with the estimated bytes, energy by
// time with the estimated cycles.
void LayerTrial::estimate_energies() {
  const auto result = simulate(candidates_.front());
  if (!result) {
    return;
  }
  constexpr double kFemtojoules = 1000.0;  // a picojoule
  const EnergyShares shares = shares_of(*result);
  const auto bytes =
      static_cast<double>(std::max<std::int64_t>(candidates_.front().tiling.tier_bytes, 1));
  const auto cycles = static_cast<double>(candidates_.front().estimate);
  for (Candidate& candidate : candidates_) {
    const double picojoules =
        shares.rest + shares.bytes * static_cast<double>(candidate.tiling.tier_bytes) / bytes +
        shares.time * static_cast<double>(candidate.estimate) / cycles;
    candidate.estimate = std::max<std::int64_t>(std::llround(picojoules * kFemtojoules), 1);
  }
}

config::Node LayerTrial::rule(const Candidate& candidate) const {
  config::Node rule = rule_;
  rule.set("dataflow", timing::dataflow_codec().write(candidate.dataflow));
  const config::Node keys =
      lowering::tiling_keys(problem_, candidate.tiling, product_names_, arrays_);
  for (const config::Node::Entry& entry : keys.entries()) {
    rule.set(entry.key, entry.value);
  }
  return rule;
}

std::optional<metrics::RunResult> LayerTrial::simulate(const Candidate& candidate) const {
  lowering::MappingConfig mapping = mapping_;
  config::Reader reader("mapping.layers.0");
  const auto read = lowering::LayerRule::schema().read(rule(candidate), reader);
  reader.diagnostics().throw_if_any();
  mapping.layers.push_back(*read);
  lowering::LoweredStream stream(lowering::make_plan(graph_, machine_, mapping, 0));
  platform::RunOptions options;
  options.interrupt = options_.interrupt;
  metrics::RunResult result = platform::run(platform_, stream, options).result;
  return result.partial ? std::nullopt : std::optional(std::move(result));
}

std::optional<std::int64_t> LayerTrial::cost(const Candidate& candidate) const {
  const auto result = simulate(candidate);
  return result ? std::optional(cost_of(*result, options_.objective)) : std::nullopt;
}

}  // namespace orrery::tuning
