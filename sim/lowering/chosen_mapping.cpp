// SPDX-License-Identifier: Apache-2.0
#include "lowering/chosen_mapping.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "config/yaml.h"
#include "lowering/workspace.h"
#include "timing/dataflow_codec.h"

namespace orrery::lowering {
namespace {

using config::Node;

Node text_list(const std::vector<std::string>& texts) {
  Node node = Node::sequence();
  for (const std::string& text : texts) {
    node.append(Node::scalar(text));
  }
  return node;
}

// The tensors of a layer that placement rules can name: of views, what they show.
std::vector<std::pair<workload::TensorId, std::string>> tensors_of(const Plan& plan,
                                                                   const workload::Graph& graph,
                                                                   const LayerGroup& group) {
  std::vector<std::pair<workload::TensorId, std::string>> result;
  const auto add = [&](workload::TensorId shown) {
    const workload::TensorId base = plan.placements[static_cast<std::size_t>(shown)].base;
    const workload::TensorId id = base == workload::kNoTensor ? shown : base;
    result.emplace_back(id, graph.tensors[static_cast<std::size_t>(id)].name);
  };
  for (const workload::TensorId input : inputs_of(graph, group)) {
    add(input);
  }
  add(group.output);
  for (const workload::TensorId id : group.workspace) {
    result.emplace_back(id, workspace_name(graph.operators[group.op], group));
  }
  return result;
}

// Rules for the tensors that no layer before reads or writes.
Node placement_of(const Plan& plan, const workload::Graph& graph, const LayerGroup& group,
                  const std::set<workload::TensorId>& known) {
  std::set<workload::TensorId> seen = known;
  Node rules = Node::sequence();
  for (const auto& [id, name] : tensors_of(plan, graph, group)) {
    if (seen.insert(id).second) {
      const std::size_t tier = plan.placements[static_cast<std::size_t>(id)].tier;
      Node rule = Node::map();
      rule.set("tensors", Node::scalar(name));
      rule.set("tiers", text_list({plan.machine.tiers[tier].name}));
      rules.append(std::move(rule));
    }
  }
  return rules;
}

// Keys of rules for matrix layers as the user gave them.
void set_tiling_wishes(Node& rule, const LayerMapping& wishes) {
  LayerRule given;
  given.tiles = wishes.tiles;
  given.kernels = wishes.kernels;
  given.loop_order = wishes.loop_order;
  given.arrays_share = wishes.arrays_share;
  given.residency = wishes.residency;
  given.buffers = wishes.buffers;
  const Node keys = LayerRule::schema().write(given);
  for (const char* key :
       {"tiles", "kernels", "loop_order", "arrays_share", "residency", "buffers"}) {
    const Node* value = keys.find(key);
    if (value != nullptr && !value->is_null()) {
      rule.set(key, *value);
    }
  }
}

Node dataflow_of(const Machine& machine, const std::string& name) {
  for (const timing::Dataflow& dataflow : machine.arrays.front().dataflows) {
    if (dataflow.name() == name) {
      return timing::dataflow_codec().write(dataflow);
    }
  }
  return Node::scalar(name);
}

void set_chosen(Node& rule, const Plan::PlannedLayer& planned) {
  const Node chosen = planned.body->chosen();
  if (chosen.entries().empty()) {
    set_tiling_wishes(rule, planned.wishes);
  }
  for (const Node::Entry& entry : chosen.entries()) {
    rule.set(entry.key, entry.value);
  }
}

// Keys that every layer has, where they are not those of the whole mapping.
void set_general_wishes(Node& rule, const LayerMapping& wishes, const MappingConfig& mapping) {
  if (wishes.double_buffering != mapping.double_buffering &&
      rule.find("double_buffering") == nullptr) {
    rule.set("double_buffering", config::boolean().write(wishes.double_buffering));
  }
  if (wishes.tile_budget_percent != mapping.tile_budget_percent) {
    rule.set("tile_budget_percent", Node::scalar(std::to_string(wishes.tile_budget_percent)));
  }
}

Node rule_of(const Plan& plan, const workload::Graph& graph, const MappingConfig& mapping,
             std::size_t layer, const std::set<workload::TensorId>& known) {
  const Plan::PlannedLayer& planned = plan.layers[layer];
  const command::LayerInfo& info = plan.header.layers[layer];
  const LayerMapping& wishes = planned.wishes;
  Node rule = Node::map();
  rule.set("match", Node::scalar(graph.operators[planned.group.op].name));
  if (wishes.engines) {
    rule.set("engines", text_list(wishes.engines->value));
  }
  if (!info.dataflow.empty()) {
    rule.set("dataflow",
             dataflow_of(planned.machine ? *planned.machine : plan.machine, info.dataflow));
  }
  set_chosen(rule, planned);
  set_general_wishes(rule, wishes, mapping);
  if (is_matrix_operator(graph.operators[planned.group.op])) {
    std::vector<std::string> riders;
    for (const FusedStage& stage : planned.group.stages) {
      riders.push_back(graph.operators[stage.op].name);
    }
    rule.set("fuse", text_list(riders));
    if (wishes.packing != mapping.packing) {
      rule.set("packing", config::boolean().write(wishes.packing));
    }
  }
  if (info.kind == "softmax") {
    rule.set("softmax", config::choice(softmax_form_names()).write(wishes.softmax));
  }
  if (plan.machine.tiers.size() > 1) {
    rule.set("placement", placement_of(plan, graph, planned.group, known));
  }
  return rule;
}

std::string comment_of(const Plan& plan, std::size_t layer) {
  const command::LayerInfo& info = plan.header.layers[layer];
  std::string text = info.kind;
  if (const auto cycles = plan.layers[layer].body->estimated_cycles()) {
    text += fmt::format(", {} cycles by the estimate", *cycles);
  }
  if (!info.limited_by.empty()) {
    text += ", limited by " + info.limited_by;
  }
  return info.tiling.empty() ? text : text + ": " + info.tiling;
}

// A rule as an item of a list, one key a line.
std::string rule_text(const Node& rule) {
  std::string text;
  for (const Node::Entry& entry : rule.entries()) {
    text += (text.empty() ? "  - " : "    ") + entry.key + ": ";
    if (entry.key == "placement") {
      text.pop_back();
      text += '\n';
      for (const Node& item : entry.value.items()) {
        text += "      - " + config::write_flow(item) + '\n';
      }
      continue;
    }
    text += config::write_flow(entry.value) + '\n';
  }
  return text;
}

}  // namespace

Node chosen_rule(const Plan& plan, const workload::Graph& graph, const MappingConfig& mapping,
                 std::size_t layer) {
  std::set<workload::TensorId> known;
  for (std::size_t i = 0; i < layer; ++i) {
    for (const auto& [id, name] : tensors_of(plan, graph, plan.layers[i].group)) {
      known.insert(id);
    }
  }
  return rule_of(plan, graph, mapping, layer, known);
}

std::string chosen_mapping(const Plan& plan, const workload::Graph& graph,
                           const MappingConfig& mapping, const std::vector<std::string>& heading) {
  std::string text;
  for (const std::string& line : heading) {
    text += "# " + line + '\n';
  }
  MappingConfig general = mapping;
  general.layers.clear();
  Node node = write_mapping(general);
  node.erase("layers");
  text += config::write_yaml(node) + "layers:\n";
  std::set<workload::TensorId> known;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    text +=
        "  # " + comment_of(plan, i) + '\n' + rule_text(rule_of(plan, graph, mapping, i, known));
    for (const auto& [id, name] : tensors_of(plan, graph, plan.layers[i].group)) {
      known.insert(id);
    }
  }
  return text;
}

}  // namespace orrery::lowering
