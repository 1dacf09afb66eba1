// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/layer_rule_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lowering/mapping/name_pattern.h"

namespace orrery::lowering {
namespace {

// Keys that only layers of some kinds know.
struct KeyUse {
  const char* key;
  std::set<std::string> kinds;
  bool (*given)(const LayerRule& rule);
};

const std::vector<KeyUse>& key_uses() {
  static const std::set<std::string> kMatrix{"convolution", "matrix_multiplication",
                                             "transposed_convolution"};
  static const std::set<std::string> kBanks{"attention", "matrix_multiplication"};
  static const std::vector<KeyUse> kUses{
      {"tiles", kMatrix, [](const LayerRule& rule) { return rule.tiles.has_value(); }},
      {"kernels",
       {"matrix_multiplication"},
       [](const LayerRule& rule) { return rule.kernels.has_value(); }},
      {"loop_order", kMatrix, [](const LayerRule& rule) { return rule.loop_order.has_value(); }},
      {"arrays_share", kMatrix,
       [](const LayerRule& rule) { return rule.arrays_share.has_value(); }},
      {"residency", kMatrix, [](const LayerRule& rule) { return rule.residency.has_value(); }},
      {"buffers", kMatrix, [](const LayerRule& rule) { return rule.buffers.has_value(); }},
      {"fuse", kMatrix, [](const LayerRule& rule) { return rule.fuse.has_value(); }},
      {"attention",
       {"attention"},
       [](const LayerRule& rule) { return rule.attention.has_value(); }},
      {"channels", {"attention"}, [](const LayerRule& rule) { return rule.channels.has_value(); }},
      {"append", {"attention"}, [](const LayerRule& rule) { return rule.append.has_value(); }},
      {"offload", kBanks, [](const LayerRule& rule) { return rule.offload.has_value(); }},
      {"offload_below", kBanks,
       [](const LayerRule& rule) { return rule.offload_below.has_value(); }},
      {"softmax", {"softmax"}, [](const LayerRule& rule) { return rule.softmax.has_value(); }},
      {"packing", kMatrix, [](const LayerRule& rule) { return rule.packing.has_value(); }},
  };
  return kUses;
}

class RuleChecker {
 public:
  RuleChecker(const workload::Graph& graph, const std::vector<LayerGroup>& groups,
              const Machine& machine, base::Diagnostics& diagnostics)
      : graph_(graph), groups_(groups), machine_(machine), diagnostics_(diagnostics) {}

  void check(const LayerRule& rule, std::size_t index) {
    path_ = fmt::format("mapping.layers.{}", index);
    std::vector<const LayerGroup*> matched;
    for (const LayerGroup& group : groups_) {
      if (rule.matches(graph_.operators[group.op])) {
        matched.push_back(&group);
      }
    }
    if (matched.empty()) {
      report_no_match(rule);
      return;
    }
    check_uses(rule, matched);
    check_engines(rule);
    check_riders(rule, matched);
    check_tiers(rule);
  }

 private:
  void report_no_match(const LayerRule& rule) {
    std::vector<std::string> names;
    for (const LayerGroup& group : groups_) {
      names.push_back(graph_.operators[group.op].name);
      for (const FusedStage& stage : group.stages) {
        if (rule.matches(graph_.operators[stage.op])) {
          diagnostics_.add({rule.where, path_,
                            fmt::format("'{}' is no layer of its own: it is fused into '{}'",
                                        rule.match, group.name),
                            "the first operator of a layer", graph_.operators[group.op].name});
          return;
        }
      }
    }
    diagnostics_.add(
        {rule.where, path_,
         fmt::format(
             "no layer matches '{}'{}", rule.match,
             rule.operators.empty() ? "" : " of kind " + config::join(rule.operators, ", ")),
         "a name or pattern of the workload's layers", base::nearest_name(rule.match, names)});
  }

  void check_uses(const LayerRule& rule, const std::vector<const LayerGroup*>& matched) {
    for (const KeyUse& use : key_uses()) {
      const auto knows = [&](const LayerGroup* group) {
        return use.kinds.contains(workload::kind_name(graph_.operators[group->op].attributes));
      };
      if (use.given(rule) && std::none_of(matched.begin(), matched.end(), knows)) {
        diagnostics_.add(
            {rule.where, path_ + '.' + use.key,
             fmt::format("none of the layers that match '{}' has it", rule.match),
             "layers of kind " + config::join({use.kinds.begin(), use.kinds.end()}, ", "), ""});
      }
    }
  }

  void check_engines(const LayerRule& rule) {
    if (!rule.engines) {
      return;
    }
    std::vector<std::string> names;
    for (const auto* arrays : {&machine_.arrays, &machine_.other_arrays}) {
      for (const Machine::Array& array : *arrays) {
        names.push_back(machine_.name_of(array.engine));
      }
    }
    for (const Machine::VectorUnit& unit : machine_.vector_units) {
      names.push_back(machine_.name_of(unit.engine));
    }
    bool all_known = true;
    for (const std::string& name : rule.engines->value) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        all_known = false;
        diagnostics_.add({rule.engines->where, rule.engines->path,
                          fmt::format("'{}' is no array and no vector unit of the platform", name),
                          "one of " + config::join(names, ", "), base::nearest_name(name, names)});
      }
    }
    if (all_known && part_of(machine_, rule.engines->value) == nullptr) {
      diagnostics_.add({rule.engines->where, rule.engines->path,
                        "arrays of several sizes cannot share a layer", "arrays of one size", ""});
    }
  }

  void check_riders(const LayerRule& rule, const std::vector<const LayerGroup*>& matched) {
    if (!rule.fuse) {
      return;
    }
    std::vector<std::string> riders;
    for (const workload::Operator& op : graph_.operators) {
      riders.push_back(op.name);
    }
    for (const std::string& pattern : rule.fuse->value) {
      const auto rides = [&](const LayerGroup* group) {
        return std::any_of(group->stages.begin(), group->stages.end(),
                           [&](const FusedStage& stage) {
                             return follows(pattern, graph_.operators[stage.op].name);
                           });
      };
      if (std::none_of(matched.begin(), matched.end(), rides)) {
        diagnostics_.add(
            {rule.fuse->where, rule.fuse->path,
             fmt::format("'{}' rides on none of the layers that match '{}'", pattern, rule.match),
             "element-wise operators that alone read the layer's result",
             base::nearest_name(pattern, riders) == pattern ? ""
                                                            : base::nearest_name(pattern, riders)});
      }
    }
  }

  void check_tiers(const LayerRule& rule) {
    std::vector<std::string> names;
    for (const Machine::Tier& tier : machine_.tiers) {
      names.push_back(tier.name);
    }
    for (const PlacementRule& placement : rule.placement) {
      for (const std::string& tier : placement.tiers) {
        if (std::find(names.begin(), names.end(), tier) == names.end()) {
          diagnostics_.add({placement.where, path_ + ".placement",
                            fmt::format("the platform has no memory tier '{}'", tier),
                            "one of " + config::join(names, ", "),
                            base::nearest_name(tier, names)});
        }
      }
    }
  }

  const workload::Graph& graph_;
  const std::vector<LayerGroup>& groups_;
  const Machine& machine_;
  base::Diagnostics& diagnostics_;
  std::string path_;
};

}  // namespace

void check_layer_rules(const workload::Graph& graph, const std::vector<LayerGroup>& groups,
                       const Machine& machine, const MappingConfig& mapping,
                       base::Diagnostics& diagnostics) {
  RuleChecker checker(graph, groups, machine, diagnostics);
  for (std::size_t i = 0; i < mapping.layers.size(); ++i) {
    checker.check(mapping.layers[i], i);
  }
}

}  // namespace orrery::lowering
