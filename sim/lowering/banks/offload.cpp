// SPDX-License-Identifier: Apache-2.0
#include "lowering/banks/offload.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "lowering/banks/pim_estimate.h"

namespace orrery::lowering {
namespace {

using workload::Operator;

// A quotient with two digits.
std::string ratio_text(std::int64_t over, std::int64_t under) {
  const auto hundredths = static_cast<std::int64_t>(static_cast<__int128>(over) * 100 / under);
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

class Offloader {
 public:
  Offloader(const workload::Graph& graph, const std::vector<LayerMapping>& mappings,
            const Machine& machine, const ArrayCycles& array_cycles,
            std::vector<LayerGroup>& groups, base::Diagnostics& diagnostics)
      : graph_(graph),
        mappings_(mappings),
        machine_(machine),
        array_cycles_(array_cycles),
        groups_(groups),
        diagnostics_(diagnostics) {}

  void run() {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const Operator& op = operator_of(groups_[i]);
      if (std::holds_alternative<workload::Attention>(op.attributes)) {
        check_keys(op);
        plan_attention(i);
        plan_caches(groups_[i]);
      } else if (std::holds_alternative<workload::MatrixMultiplication>(op.attributes)) {
        check_keys(op);
        plan_product(i);
      }
    }
    while (keep_weights_whole()) {
    }
  }

 private:
  [[nodiscard]] const Operator& operator_of(const LayerGroup& group) const {
    return graph_.operators[group.op];
  }
  [[nodiscard]] const LayerMapping& mapping_of(const LayerGroup& group) const {
    return mappings_[group.op];
  }
  [[nodiscard]] OffloadPolicy policy(const LayerGroup& group) const {
    const LayerMapping& mapping = mapping_of(group);
    if (mapping.attention == AttentionForm::kPim) {
      return OffloadPolicy::kAlways;
    }
    return mapping.offload ? mapping.offload->value : OffloadPolicy::kNever;
  }

  template <class T>
  void error_at(const config::Located<T>& wish, const Operator& op, const std::string& message,
                std::string expected) {
    diagnostics_.add(
        {wish.where, wish.path, "layer '" + op.name + "': " + message, std::move(expected), ""});
  }

  void check_keys(const Operator& op) {
    const LayerMapping& mapping =
        mappings_[static_cast<std::size_t>(&op - graph_.operators.data())];
    const bool is_attention = std::holds_alternative<workload::Attention>(op.attributes);
    if (mapping.offload_below &&
        (!mapping.offload || mapping.offload->value != OffloadPolicy::kIntensity)) {
      error_at(*mapping.offload_below, op, "nothing compares its products with bytes",
               "offload: intensity");
    }
    if (is_attention && mapping.offload && mapping.attention == AttentionForm::kPim) {
      error_at(*mapping.offload, op, "attention: pim already says where it is computed",
               "one of both");
    }
  }

  // A policy that finds an obstacle leaves the layer on arrays; `always` reports it.
  void plan_attention(std::size_t index) {
    LayerGroup& group = groups_[index];
    const OffloadPolicy wanted = policy(group);
    if (wanted == OffloadPolicy::kNever) {
      return;
    }
    const Operator& op = operator_of(group);
    std::shared_ptr<const PimAttentionPlan> plan;
    if (wanted == OffloadPolicy::kAlways) {
      plan = plan_pim_attention(graph_, op, mapping_of(group), machine_, diagnostics_);
    } else {
      try {
        base::Diagnostics obstacles;
        plan = plan_pim_attention(graph_, op, mapping_of(group), machine_, obstacles);
        obstacles.throw_if_any();
      } catch (const base::UserError& error) {
        group.note = "on arrays: " + error.diagnostics().front().message;
      }
    }
    if (!plan) {
      return;
    }
    const std::int64_t bytes = tensor(op.inputs[3]).bytes() + tensor(op.inputs[4]).bytes();
    const auto estimate = [&] { return estimate_attention(*plan, machine_); };
    if (wins(index, bytes, plan->tier, estimate)) {
      group.pim = std::move(plan);
    }
  }

  // Of attention on arrays whose caches attention in banks will read.
  void plan_caches(LayerGroup& group) {
    const Wish<CacheLayout>& cache = mapping_of(group).cache;
    if (!group.pim && policy(group) != OffloadPolicy::kAlways && cache &&
        cache->value == CacheLayout::kBanks) {
      group.pim = plan_pim_attention(graph_, operator_of(group), mapping_of(group), machine_,
                                     diagnostics_, false);
    }
  }

  void plan_product(std::size_t index) {
    LayerGroup& group = groups_[index];
    const OffloadPolicy wanted = policy(group);
    if (wanted == OffloadPolicy::kNever) {
      return;
    }
    const Operator& op = operator_of(group);
    auto plan = plan_pim_product(graph_, op, machine_);
    if (auto* obstacle = std::get_if<PimObstacle>(&plan)) {
      if (wanted == OffloadPolicy::kAlways) {
        diagnostics_.add(
            {op.where, "",
             fmt::format("operator '{}' with offload: always: {}", op.name, obstacle->message),
             std::move(obstacle->expected), ""});
      } else {
        group.note = "on arrays: " + obstacle->message;
      }
      return;
    }
    const PimProductPlan& product = std::get<PimProductPlan>(plan);
    PimProductOrder order{product.most_vectors(), product.layout.tiles(), 2, false};
    order.rows_outer = prefers_rows_outer(product, machine_, order);
    const auto estimate = [&] { return estimate_product(product, machine_, order); };
    if (wins(index, tensor(op.inputs[1]).bytes(), product.tier, estimate)) {
      group.product = std::make_shared<const PimProductPlan>(product);
    }
  }

  [[nodiscard]] const workload::Tensor& tensor(workload::TensorId id) const {
    return graph_.tensors[static_cast<std::size_t>(id)];
  }

  // Whether the layer goes to the banks; a tie stays on arrays. Notes why.
  template <class Estimate>
  bool wins(std::size_t index, std::int64_t bytes, std::size_t tier, const Estimate& estimate) {
    LayerGroup& group = groups_[index];
    switch (policy(group)) {
      case OffloadPolicy::kNever:
        return false;
      case OffloadPolicy::kAlways:
        return true;
      case OffloadPolicy::kIntensity:
        return is_less_intense(group, bytes, machine_.tiers[tier]);
      case OffloadPolicy::kTime:
        break;
    }
    const auto banks = estimate();
    const auto arrays = array_cycles_(index);
    if (!banks || !arrays) {
      group.note = fmt::format("on arrays: no estimate of {}", banks ? "arrays" : "banks");
      return false;
    }
    const bool is_faster = *banks < *arrays;
    group.note = fmt::format("{} by time: {} cycles in banks, {} on arrays",
                             is_faster ? "in banks" : "on arrays", *banks, *arrays);
    return is_faster;
  }

  // Products for each byte in banks against the given threshold, or that at which arrays are as
  // busy as the memory that feeds them: products a cycle of all arrays over bytes a cycle.
  bool is_less_intense(LayerGroup& group, std::int64_t bytes, const Machine::Tier& tier) {
    std::int64_t over = 0;
    std::int64_t under = 1;
    if (const auto& given = mapping_of(group).offload_below) {
      over = given->value;
    } else {
      for (const Machine::Array& array : machine_.arrays) {
        over += array.peak_macs();
      }
      // A memory that takes no time feeds any array.
      under = tier.bytes_per_cycle.numerator();
      over = under == 0 ? 0 : over * tier.bytes_per_cycle.denominator();
      under = std::max<std::int64_t>(under, 1);
    }
    const std::int64_t macs = workload::useful_macs(graph_, operator_of(group));
    const bool is_below = static_cast<__int128>(macs) * under < static_cast<__int128>(bytes) * over;
    group.note = fmt::format("{} by intensity: {} MACs a byte in banks, {} below {}",
                             is_below ? "in banks" : "on arrays", ratio_text(macs, bytes),
                             is_below ? "which is" : "not", ratio_text(over, under));
    return is_below;
  }

  // A weight lies in banks for all who read it, or for none. Whether something changed.
  bool keep_weights_whole() {
    for (LayerGroup& group : groups_) {
      if (!group.product) {
        continue;
      }
      const workload::TensorId weight = operator_of(group).inputs[1];
      for (const LayerGroup& other : groups_) {
        const auto& inputs = operator_of(other).inputs;
        if (other.product || inputs.size() < 2 || inputs[1] != weight) {
          continue;
        }
        const std::string message =
            fmt::format("weight '{}' is read by operator '{}' on arrays too", tensor(weight).name,
                        operator_of(other).name);
        if (policy(group) == OffloadPolicy::kAlways) {
          error_at(*mapping_of(group).offload, operator_of(group), message,
                   "products that share a weight all in banks, or none");
        } else {
          group.note = "on arrays: " + message;
        }
        group.product = nullptr;
        return true;
      }
    }
    return false;
  }

  const workload::Graph& graph_;
  const std::vector<LayerMapping>& mappings_;
  const Machine& machine_;
  const ArrayCycles& array_cycles_;
  std::vector<LayerGroup>& groups_;
  base::Diagnostics& diagnostics_;
};

}  // namespace

bool compares_times(const Operator& op, const LayerMapping& mapping) {
  return mapping.offload && mapping.offload->value == OffloadPolicy::kTime &&
         (std::holds_alternative<workload::Attention>(op.attributes) ||
          std::holds_alternative<workload::MatrixMultiplication>(op.attributes));
}

void plan_offloads(const workload::Graph& graph, const std::vector<LayerMapping>& mappings,
                   const Machine& machine, const ArrayCycles& array_cycles,
                   std::vector<LayerGroup>& groups, base::Diagnostics& diagnostics) {
  Offloader(graph, mappings, machine, array_cycles, groups, diagnostics).run();
}

}  // namespace orrery::lowering
