// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/generator.h"
#include "command/command.h"
#include "lowering/layer/emitter.h"
#include "lowering/layer/placement.h"
#include "lowering/machine/buffers.h"
#include "lowering/machine/machine.h"
#include "lowering/mapping/fusion.h"
#include "lowering/mapping/layer_mapping.h"
#include "lowering/tiling/matrix_tiling.h"
#include "workload/graph.h"

namespace orrery::lowering {

// A layer pauses after each step of its loops, so that its commands can be taken.
struct Step {
  bool meets = false;  // it goes on when all partitions that share the layer have come as far
};

// One layer whose tiles and buffers are chosen.
class Layer {
 public:
  virtual ~Layer() = default;
  // Gives the layer's commands to the emitter, some in each step.
  [[nodiscard]] virtual base::Generator<Step> steps(Emitter& emitter) const = 0;
  // Whether partitions of a machine can share it: the steps are those of the items that the emitter
  // takes. Else partition 0 does all of it.
  [[nodiscard]] virtual bool is_shared() const { return false; }
  // Fills dataflow, tiling and limited_by.
  virtual void describe(command::LayerInfo& info) const = 0;
  // The notation of docs/lowering.md, one line a loop or a statement.
  [[nodiscard]] virtual std::string loop_nest() const = 0;
  // What was chosen for the layer, as keys of a layer rule that asks for the same.
  [[nodiscard]] virtual config::Node chosen() const { return config::Node::map(); }
  // Cycles by the estimate that decided; absent where none is kept.
  [[nodiscard]] virtual std::optional<std::int64_t> estimated_cycles() const {
    return std::nullopt;
  }
};

// What a layer is planned from.
struct LayerRequest {
  const workload::Graph& graph;
  const LayerGroup& group;
  std::size_t index;            // of the layer
  const Machine& machine;       // with the engines that the layer may use
  const LayerMapping& mapping;  // what the user wishes of this layer
  const std::vector<Placement>& placements;
  std::uint64_t seed;
  MatrixTilingCache& tilings;
  base::Diagnostics& diagnostics;

  [[nodiscard]] const workload::Operator& op() const { return graph.operators[group.op]; }
  [[nodiscard]] const workload::Tensor& tensor(workload::TensorId id) const {
    return graph.tensors[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const workload::Tensor& input(std::size_t i) const {
    return tensor(op().inputs[i]);
  }
  [[nodiscard]] const workload::Tensor& output() const { return tensor(group.output); }
  [[nodiscard]] const Machine::Tier& tier(workload::TensorId id) const {
    return machine.tiers[placements[static_cast<std::size_t>(id)].tier];
  }
  // Adds a mistake at the place where the user asked for the operator.
  void error(std::string message, std::string expected = {}) const;
  // Adds a mistake at the place where the mapping says so.
  template <class T>
  void error_at(const config::Located<T>& wish, std::string message, std::string expected = {},
                std::string suggestion = {}) const {
    diagnostics.add({wish.where, wish.path, "layer '" + op().name + "': " + std::move(message),
                     std::move(expected), std::move(suggestion)});
  }
  // Adds a mistake for each key that is not among `known`.
  void check_keys(const config::Located<Sizes>& sizes, const Names& known) const;
  // The dataflow of the arrays; nullopt after a diagnostic where there is no array or it cannot run
  // the one of the mapping.
  [[nodiscard]] std::optional<timing::Dataflow> dataflow() const;
  // Whether the arrays multiply a of such a type by b of such a type; adds a mistake where not.
  [[nodiscard]] bool takes(numeric::ElementType a, numeric::ElementType b) const;
  // The form of attention that the mapping asks for.
  [[nodiscard]] std::optional<AttentionForm> attention_form() const { return mapping.attention; }
  // How much of the scratchpad and how many buffers a stream a layer may try to get along with,
  // best first: the mapping's budget, then the whole scratchpad, then single buffers.
  struct Budget {
    std::int64_t bytes;
    int buffers;
  };
  [[nodiscard]] std::vector<Budget> budgets() const;
  [[nodiscard]] std::int64_t part_of_scratchpad(std::int64_t percent) const;
  // Where the buffers of this layer begin: even layers use the low end of the scratchpad, odd ones
  // the high end, so that one layer can be loaded while the one before it finishes.
  [[nodiscard]] std::int64_t scratchpad_base(std::int64_t bytes) const;
  // Adds "does not fit" and says what would.
  void error_too_small(std::int64_t bytes_needed, const std::string& what) const;
};

}  // namespace orrery::lowering
