// SPDX-License-Identifier: Apache-2.0
#include "lowering/layer/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/integer.h"
#include "lowering/banks/pim_attention_plan.h"
#include "lowering/banks/pim_product_plan.h"

namespace orrery::lowering {
namespace {

using workload::Graph;
using workload::kNoTensor;
using workload::Operator;
using workload::Tensor;
using workload::TensorId;
using workload::TensorRole;

std::int64_t aligned(std::int64_t bytes) {
  return (bytes + kTensorAlignment - 1) / kTensorAlignment * kTensorAlignment;
}

bool lives_meet(const Placement& a, const Placement& b) {
  return a.first_layer <= b.last_layer && b.first_layer <= a.last_layer;
}

// One tier and the tensors that lie in it, by address.
struct TierSpace {
  const Machine::Tier* tier = nullptr;
  std::multimap<std::int64_t, TensorId> tensors;
};

class Placer {
 public:
  Placer(const Graph& graph, const Machine& machine, const MappingConfig& mapping,
         base::Diagnostics& diagnostics)
      : graph_(graph),
        mapping_(mapping),
        diagnostics_(diagnostics),
        placements_(graph.tensors.size()),
        where_(graph.tensors.size()),
        bases_(workload::view_bases(graph)),
        layer_rules_(graph.tensors.size()),
        is_exchange_(graph.tensors.size(), false) {
    for (const Operator& op : graph.operators) {
      if (std::holds_alternative<workload::AllReduce>(op.attributes)) {
        is_exchange_[index(op.inputs[1])] = true;
      }
    }
    for (const Machine::Tier& tier : machine.tiers) {
      spaces_.push_back({&tier, {}});
    }
  }

  std::vector<Placement> run(const std::vector<LayerGroup>& groups) {
    check_rules();
    find_lives(groups);
    // What stays takes its place first, so that the rest can be shared.
    for (const bool permanent : {true, false}) {
      for (std::size_t i = 0; i < placements_.size(); ++i) {
        Placement& placement = placements_[i];
        if (placement.placed && (placement.last_layer == Placement::kForever) == permanent) {
          place(static_cast<TensorId>(i));
        }
      }
    }
    note_replaced();
    place_views();
    report_rest();
    return std::move(placements_);
  }

 private:
  static constexpr int kMostReported = 10;

  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }

  void check_rules() {
    std::vector<std::string> names;
    for (const TierSpace& space : spaces_) {
      names.push_back(space.tier->name);
    }
    for (const PlacementRule& rule : mapping_.placement) {
      for (const std::string& tier : rule.tiers) {
        if (std::find(names.begin(), names.end(), tier) == names.end()) {
          diagnostics_.add({rule.where, "mapping.placement",
                            fmt::format("the platform has no memory tier '{}'", tier),
                            "one of " + config::join(names, ", "),
                            base::nearest_name(tier, names)});
        }
      }
    }
  }

  // The rules of a layer that owns tensors: those that it writes and those it is the first to read.
  // A later rule of the mapping comes before an earlier one.
  void add_layer_rules(const LayerGroup& group, TensorId id) {
    std::vector<const PlacementRule*>& rules = layer_rules_[index(id)];
    const Operator& op = graph_.operators[group.op];
    for (auto rule = mapping_.layers.rbegin(); rule != mapping_.layers.rend(); ++rule) {
      if (!rule->placement.empty() && rule->matches(op)) {
        for (const PlacementRule& placement : rule->placement) {
          rules.push_back(&placement);
        }
      }
    }
  }

  // `placed` is set for every weight and every tensor that some layer reads or writes as a whole.
  void find_lives(const std::vector<LayerGroup>& groups) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto layer = static_cast<std::int64_t>(i);
      const base::SourcePosition& where = graph_.operators[groups[i].op].where;
      for (const TensorId shown : inputs_of(graph_, groups[i])) {
        const TensorId input = bases_[index(shown)];
        Placement& placement = placements_[index(input)];
        if (!placement.placed) {
          where_[index(input)] = where;
          add_layer_rules(groups[i], input);
        }
        placement.placed = true;
        placement.last_layer = layer;
      }
      Placement& output = placements_[index(groups[i].output)];
      output.placed = true;
      output.first_layer = layer;
      output.last_layer = layer;
      where_[index(groups[i].output)] = where;
      add_layer_rules(groups[i], groups[i].output);
      find_rows(groups[i]);
      for (const TensorId id : groups[i].workspace) {
        placements_[index(id)].placed = true;
        placements_[index(id)].first_layer = layer;
        placements_[index(id)].last_layer = layer;
        where_[index(id)] = where;
        add_layer_rules(groups[i], id);
      }
    }
    for (std::size_t i = 0; i < placements_.size(); ++i) {
      if (graph_.tensors[i].role != TensorRole::kActivation) {
        Placement& placement = placements_[index(bases_[i])];
        placement.last_layer = Placement::kForever;
        // Nobody else may name what the model gives out as a view.
        placement.placed = placement.placed || index(bases_[i]) != i;
      }
      // Experts without tokens take their place all the same.
      if (graph_.tensors[i].role == TensorRole::kWeight) {
        placements_[i].placed = true;
      }
    }
  }

  // Of a layer that computes in banks.
  void find_rows(const LayerGroup& group) {
    const Operator& op = graph_.operators[group.op];
    if (group.pim) {
      const PimKvLayout& layout = group.pim->layout;
      set_rows(op.inputs[3], *group.pim, layout.key_rows());
      set_rows(op.inputs[4], *group.pim, layout.value_rows());
      placements_[index(op.inputs[3])].pim = placements_[index(op.inputs[4])].pim = group.pim;
      for (std::size_t i = 0; group.pim->computes && i < group.workspace.size(); ++i) {
        set_rows(group.workspace[i], *group.pim, group.pim->vector_rows());
      }
    }
    if (group.staging != kNoTensor) {
      set_rows(group.staging, *group.pim, group.pim->layout.staging_rows());
      placements_[index(group.staging)].placed = true;
      where_[index(group.staging)] = op.where;
      add_layer_rules(group, group.staging);
    }
    if (group.product) {
      set_rows(op.inputs[1], *group.product, group.product->layout.rows());
      placements_[index(op.inputs[1])].product = group.product;
      for (const TensorId id : group.workspace) {
        set_rows(id, *group.product, group.product->vector_rows());
      }
    }
  }

  // Whole rows of all banks of a memory that computes.
  void set_rows(TensorId id, const PimTarget& target, std::int64_t rows) {
    Placement& placement = placements_[index(id)];
    placement.tier = target.tier;
    placement.row_stride = target.row_stride();
    placement.bytes = rows * placement.row_stride;
  }

  // Views lie where the tensors lie that they show.
  void place_views() {
    for (std::size_t i = 0; i < placements_.size(); ++i) {
      if (index(bases_[i]) != i) {
        placements_[i] = placements_[index(bases_[i])];
        placements_[i].base = bases_[i];
      }
    }
  }

  [[nodiscard]] std::vector<std::size_t> candidates(TensorId id) const {
    const Tensor& tensor = graph_.tensors[index(id)];
    std::vector<std::size_t> result;
    std::vector<const PlacementRule*> rules = layer_rules_[index(id)];
    for (const PlacementRule& rule : mapping_.placement) {
      rules.push_back(&rule);
    }
    for (const PlacementRule* rule : rules) {
      if (!rule->matches(tensor)) {
        continue;
      }
      if (placements_[index(id)].row_stride > 0) {
        check_rule_of_banks(*rule, tensor, placements_[index(id)].tier);
        break;
      }
      for (const std::string& name : rule->tiers) {
        for (std::size_t i = 0; i < spaces_.size(); ++i) {
          if (spaces_[i].tier->name == name) {
            result.push_back(i);
          }
        }
      }
      return result;
    }
    if (placements_[index(id)].row_stride > 0) {
      return {placements_[index(id)].tier};
    }
    for (std::size_t i = 0; i < spaces_.size(); ++i) {
      if (spaces_[i].tier->is_link == is_exchange_[index(id)]) {
        result.push_back(i);
      }
    }
    return result;
  }

  // Caches and weights lie where they are multiplied; vectors on their way there too, whatever
  // rules say of activations.
  void check_rule_of_banks(const PlacementRule& rule, const Tensor& tensor,
                           std::size_t tier) const {
    const std::string& name = spaces_[tier].tier->name;
    if (tensor.role != TensorRole::kActivation &&
        std::find(rule.tiers.begin(), rule.tiers.end(), name) == rule.tiers.end()) {
      diagnostics_.add({rule.where, "",
                        fmt::format("tensor '{}' of {} lies in memory '{}'", tensor.name,
                                    tensor.role == TensorRole::kWeight ? "a product in banks"
                                                                       : "a cache in banks",
                                    name),
                        "that memory among its tiers", ""});
    }
  }

  struct Gap {
    std::optional<std::int64_t> address;  // the lowest one that is large enough
    std::int64_t largest = 0;             // bytes of the largest gap
  };

  // Looks between the tensors whose lives meet that of `placement`.
  [[nodiscard]] Gap find_gap(const TierSpace& space, const Placement& placement) const {
    Gap gap;
    std::int64_t free_from = 0;
    const std::int64_t alignment = std::max<std::int64_t>(placement.row_stride, 1);
    const auto consider = [&](std::int64_t end) {
      free_from = base::divide_up(free_from, alignment) * alignment;
      gap.largest = std::max(gap.largest, end - free_from);
      if (!gap.address && end - free_from >= placement.bytes) {
        gap.address = free_from;
      }
    };
    for (const auto& [address, id] : space.tensors) {
      const Placement& other = placements_[index(id)];
      if (lives_meet(placement, other)) {
        consider(address);
        free_from = std::max(free_from, aligned(address + other.bytes));
      }
    }
    consider(space.tier->capacity);
    return gap;
  }

  void place(TensorId id) {
    const Tensor& tensor = graph_.tensors[index(id)];
    Placement& placement = placements_[index(id)];
    if (placement.row_stride == 0) {
      placement.bytes = tensor.bytes();
    }
    std::string free_space;
    for (const std::size_t candidate : candidates(id)) {
      TierSpace& space = spaces_[candidate];
      const Gap gap = find_gap(space, placement);
      if (gap.address) {
        placement.tier = static_cast<std::uint16_t>(candidate);
        placement.address = *gap.address;
        space.tensors.emplace(placement.address, id);
        return;
      }
      free_space +=
          fmt::format("{}{} {}", free_space.empty() ? "" : ", ", space.tier->name,
                      base::to_string(base::Bytes{std::max<std::int64_t>(gap.largest, 0)}));
    }
    placement.placed = false;
    ++homeless_;
    homeless_bytes_ += placement.bytes;
    if (homeless_ <= kMostReported) {
      diagnostics_.add(
          {where_[index(id)], "",
           fmt::format("tensor '{}' of {}{} does not fit", tensor.name,
                       base::to_string(base::Bytes{placement.bytes}), rows_text(placement)),
           wanted_space(id, free_space), ""});
    }
  }

  [[nodiscard]] std::string wanted_space(TensorId id, const std::string& free_space) const {
    if (is_exchange_[index(id)] && free_space.empty()) {
      return "a memory of the platform with 'storage: {link: true}', or an all-reduce that is left "
             "out";
    }
    return (placements_[index(id)].row_stride > 0 ? "free whole rows of all banks; free: "
                                                  : "free space of at least its size; free: ") +
           free_space;
  }

  static std::string rows_text(const Placement& placement) {
    return placement.row_stride > 0
               ? fmt::format(", {} rows of every bank,", placement.bytes / placement.row_stride)
               : "";
  }

  void report_rest() {
    if (homeless_ > kMostReported) {
      diagnostics_.add({{},
                        "",
                        fmt::format("{} tensors do not fit, {} in all", homeless_,
                                    base::to_string(base::Bytes{homeless_bytes_})),
                        "more memory, or narrower element types",
                        ""});
    }
  }

  // Done when all are placed: an output has its place before the activations that lie there first.
  void note_replaced() {
    for (const TierSpace& space : spaces_) {
      for (const auto& [address, id] : space.tensors) {
        Placement& placement = placements_[index(id)];
        const std::int64_t end = address + placement.bytes;
        for (const auto& [other_address, other_id] : space.tensors) {
          const Placement& other = placements_[index(other_id)];
          if (other_address >= end) {
            break;
          }
          if (address < other_address + other.bytes && other.last_layer < placement.first_layer) {
            placement.replaces.push_back(other_id);
          }
        }
      }
    }
  }

  const Graph& graph_;
  const MappingConfig& mapping_;
  base::Diagnostics& diagnostics_;
  std::vector<TierSpace> spaces_;
  std::vector<Placement> placements_;
  std::vector<base::SourcePosition> where_;  // the operator that first names the tensor
  std::vector<TensorId> bases_;              // by tensor, itself where it is no view
  std::vector<std::vector<const PlacementRule*>> layer_rules_;  // in the order in which they count
  std::vector<bool> is_exchange_;  // by tensor: lies with the neighbours, behind a link
  int homeless_ = 0;
  std::int64_t homeless_bytes_ = 0;
};

}  // namespace

std::vector<Placement> place_tensors(const Graph& graph, const std::vector<LayerGroup>& groups,
                                     const Machine& machine, const MappingConfig& mapping,
                                     base::Diagnostics& diagnostics) {
  return Placer(graph, machine, mapping, diagnostics).run(groups);
}

}  // namespace orrery::lowering
