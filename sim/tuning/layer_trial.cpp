// SPDX-License-Identifier: Apache-2.0
#include "tuning/layer_trial.h"

#include <map>
#include <utility>

#include "lowering/chosen_mapping.h"
#include "lowering/matrix_choice.h"
#include "lowering/matrix_layer.h"
#include "lowering/tiling_space.h"
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

}  // namespace

LayerTrial::LayerTrial(const hardware::PlatformConfig& platform, const workload::Graph& graph,
                       const lowering::MappingConfig& mapping, const lowering::Plan& plan,
                       std::size_t layer, bool any_dataflow)
    : platform_(platform),
      machine_(plan.machine),
      graph_(graph_of(graph, plan.layers[layer].group)),
      mapping_(mapping_of(mapping, graph, plan, layer)),
      rule_(lowering::chosen_rule(plan, graph, mapping, layer)) {
  rule_.erase("placement");
  find_candidates(plan, layer, any_dataflow);
}

void LayerTrial::find_candidates(const lowering::Plan& plan, std::size_t layer, bool any_dataflow) {
  const lowering::Plan::PlannedLayer& planned = plan.layers[layer];
  const auto& body = dynamic_cast<const MatrixLayer&>(*planned.body);
  const lowering::Machine& machine = planned.machine ? *planned.machine : machine_;
  problem_ = body.problem();
  product_names_ = body.product_names();
  arrays_ = machine.arrays.size();
  candidates_.push_back({problem_.dataflow, body.tiling()});
  const auto budget = static_cast<std::int64_t>(static_cast<__int128>(machine.scratchpad_bytes) *
                                                planned.wishes.tile_budget_percent / 100);
  std::vector<timing::Dataflow> dataflows{problem_.dataflow};
  const bool is_fixed =
      planned.wishes.dataflow && planned.wishes.dataflow->path.starts_with("mapping.layers");
  if (any_dataflow && !is_fixed) {
    dataflows = machine.arrays.front().dataflows;
  }
  for (const timing::Dataflow dataflow : dataflows) {
    lowering::MatrixProblem problem = problem_;
    problem.dataflow = dataflow;
    for (const std::int64_t bytes : {budget, machine.scratchpad_bytes}) {
      const std::size_t before = candidates_.size();
      for (const lowering::MatrixTiling& tiling : lowering::tiling_space(
               problem, machine, body.wishes(), bytes, body.tiling().buffers > 1 ? 2 : 1)) {
        candidates_.push_back({dataflow, tiling});
      }
      if (candidates_.size() > before) {
        break;
      }
    }
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

std::optional<LayerTrial::Cost> LayerTrial::simulate(const Candidate& candidate,
                                                     const std::atomic<bool>* interrupt) const {
  lowering::MappingConfig mapping = mapping_;
  config::Reader reader("mapping.layers.0");
  const auto read = lowering::LayerRule::schema().read(rule(candidate), reader);
  reader.diagnostics().throw_if_any();
  mapping.layers.push_back(*read);
  lowering::LoweredStream stream(lowering::make_plan(graph_, machine_, mapping, 0));
  platform::RunOptions options;
  options.interrupt = interrupt;
  const metrics::RunResult result = platform::run(platform_, stream, options).result;
  if (result.partial) {
    return std::nullopt;
  }
  return Cost{result.cycles, result.total_energy_pj()};
}

}  // namespace orrery::tuning
