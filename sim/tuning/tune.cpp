// SPDX-License-Identifier: Apache-2.0
#include "tuning/tune.h"

#include <map>
#include <utility>

#include "lowering/lowering.h"
#include "lowering/matrix/matrix_layer.h"
#include "tuning/layer_trial.h"

namespace orrery::tuning {
namespace {

using lowering::MatrixLayer;
using lowering::Plan;

// Layers with equal keys are equal to the search.
struct DistinctLayer {
  lowering::MatrixProblem problem;
  lowering::Names engines;
  std::int64_t tile_budget_percent = 0;
  lowering::MatrixWishes wishes;
  lowering::MatrixTiling tiling;
  std::vector<std::size_t> layers;
};

std::vector<DistinctLayer> distinct_layers(const Plan& plan) {
  std::vector<DistinctLayer> result;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const Plan::PlannedLayer& layer = plan.layers[i];
    const auto* body = dynamic_cast<const MatrixLayer*>(layer.body.get());
    if (body == nullptr) {
      continue;
    }
    const lowering::Names engines =
        layer.wishes.engines ? layer.wishes.engines->value : lowering::Names();
    DistinctLayer* found = nullptr;
    for (DistinctLayer& known : result) {
      if (known.problem == body->problem() && known.engines == engines &&
          known.tile_budget_percent == layer.wishes.tile_budget_percent &&
          known.wishes == body->wishes() && same_choice(known.tiling, body->tiling())) {
        found = &known;
      }
    }
    if (found == nullptr) {
      found = &result.emplace_back(DistinctLayer{body->problem(),
                                                 engines,
                                                 layer.wishes.tile_budget_percent,
                                                 body->wishes(),
                                                 body->tiling(),
                                                 {}});
    }
    found->layers.push_back(i);
  }
  return result;
}

}  // namespace

TunedMapping tune(const hardware::PlatformConfig& platform, const workload::Graph& graph,
                  const lowering::MappingConfig& mapping, std::uint64_t seed,
                  const TuningOptions& options) {
  const auto plan = lowering::make_plan(graph, lowering::machine_from(platform), mapping, seed);
  TunedMapping result;
  result.mapping = mapping;
  const std::vector<DistinctLayer> distinct = distinct_layers(*plan);
  for (const DistinctLayer& one : distinct) {
    if (options.progress) {
      options.progress(result.layers.size(), distinct.size());
    }
    LayerTrial trial(platform, graph, mapping, *plan, one.layers.front(),
                     {options.objective, options.any_dataflow, options.interrupt});
    const Evaluate evaluate = [&](const Candidate& candidate) {
      const auto cost = trial.cost(candidate);
      result.interrupted = !cost;
      return cost;
    };
    const SearchResult found =
        search(trial.candidates(), evaluate, options.evaluations, options.seed);
    if (result.interrupted) {
      return result;
    }
    result.layers.push_back({plan->header.layers[one.layers.front()].name, one.layers.size(),
                             trial.candidates().size(), found.evaluations, found.first_cost,
                             found.cost, found.is_proven});
    for (const std::size_t layer : one.layers) {
      config::Node node = trial.rule(trial.candidates()[found.best]);
      node.set("match", config::Node::scalar(graph.operators[plan->layers[layer].group.op].name));
      node.erase("fuse");
      config::Reader reader("mapping.layers");
      const auto rule = lowering::LayerRule::schema().read(node, reader);
      reader.diagnostics().throw_if_any();
      result.mapping.layers.push_back(*rule);
    }
  }
  return result;
}

}  // namespace orrery::tuning
