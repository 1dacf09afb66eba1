// SPDX-License-Identifier: Apache-2.0
#include "lowering/mapping/fusion.h"

#include <optional>
#include <variant>

namespace orrery::lowering {
namespace {

using workload::Elementwise;
using workload::Graph;
using workload::kNoTensor;
using workload::Operator;
using workload::TensorId;

// Groups operators one after the other; tensors become available in the order of the groups.
class Fuser {
 public:
  explicit Fuser(const Graph& graph)
      : graph_(graph),
        readers_(graph.tensors.size()),
        bases_(workload::view_bases(graph)),
        available_(graph.tensors.size(), true),
        fused_(graph.operators.size(), false) {
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
      for (const TensorId input : graph.operators[i].inputs) {
        if (input != kNoTensor) {
          readers_[index(input)].push_back(i);
        }
      }
      const TensorId output = graph.operators[i].output;
      available_[index(output)] =
          workload::is_view(graph.operators[i]) && available_[index(bases_[index(output)])];
    }
  }

  [[nodiscard]] std::vector<LayerGroup> run(const MayRide& may_ride) {
    std::vector<LayerGroup> groups;
    for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
      const Operator& op = graph_.operators[i];
      if (workload::is_view(op)) {
        available_[index(op.output)] = available_[index(op.inputs[0])];
      }
      if (fused_[i] || workload::is_view(op)) {
        continue;
      }
      LayerGroup group{i, {}, op.output, op.name, {}};
      while (is_matrix_operator(op)) {
        const auto stage = next_stage(group);
        if (!stage || !may_ride(op, graph_.operators[stage->op])) {
          break;
        }
        fused_[stage->op] = true;
        group.output = graph_.operators[stage->op].output;
        group.name += "+" + graph_.operators[stage->op].name;
        group.stages.push_back(*stage);
      }
      available_[index(group.output)] = true;
      groups.push_back(std::move(group));
    }
    return groups;
  }

 private:
  static std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }

  // The only reader of the group's output, if it can ride along.
  [[nodiscard]] std::optional<FusedStage> next_stage(const LayerGroup& group) const {
    const workload::Tensor& output = graph_.tensors[index(group.output)];
    const std::vector<std::size_t>& readers = readers_[index(group.output)];
    if (readers.size() != 1 || output.role == workload::TensorRole::kOutput) {
      return std::nullopt;
    }
    const Operator& reader = graph_.operators[readers.front()];
    const auto* attributes = std::get_if<Elementwise>(&reader.attributes);
    if (attributes == nullptr) {
      return std::nullopt;
    }
    FusedStage stage{readers.front(), *attributes, kNoTensor, false};
    for (std::size_t i = 0; i < reader.inputs.size(); ++i) {
      const TensorId input = reader.inputs[i];
      if (input == group.output || input == kNoTensor) {
        continue;
      }
      stage.operand_first = i == 0;
      if (!available_[index(input)] || graph_.tensors[index(input)].shape != output.shape) {
        return std::nullopt;
      }
      stage.operand = input;
    }
    return stage;
  }

  const Graph& graph_;
  std::vector<std::vector<std::size_t>> readers_;  // operators, by tensor
  std::vector<TensorId> bases_;                    // by tensor, of views what they show
  std::vector<bool> available_;                    // by tensor
  std::vector<bool> fused_;                        // by operator
};

}  // namespace

bool is_matrix_operator(const Operator& op) {
  return std::holds_alternative<workload::Convolution>(op.attributes) ||
         std::holds_alternative<workload::TransposedConvolution>(op.attributes) ||
         std::holds_alternative<workload::MatrixMultiplication>(op.attributes);
}

std::vector<LayerGroup> fuse(const Graph& graph, bool fusion) {
  return fuse(graph, [fusion](const Operator&, const Operator&) { return fusion; });
}

std::vector<LayerGroup> fuse(const Graph& graph, const MayRide& may_ride) {
  return Fuser(graph).run(may_ride);
}

std::vector<TensorId> inputs_of(const Graph& graph, const LayerGroup& group) {
  std::vector<TensorId> inputs;
  for (const TensorId input : graph.operators[group.op].inputs) {
    if (input != kNoTensor) {
      inputs.push_back(input);
    }
  }
  for (const FusedStage& stage : group.stages) {
    if (stage.operand != kNoTensor) {
      inputs.push_back(stage.operand);
    }
  }
  return inputs;
}

}  // namespace orrery::lowering
