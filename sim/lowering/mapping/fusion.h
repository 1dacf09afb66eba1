// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "workload/graph.h"

namespace orrery::lowering {

// An element-wise operator that rides on the write-out of the operator before it.
struct FusedStage {
  std::size_t op = 0;  // index in Graph::operators
  workload::Elementwise function;
  workload::TensorId operand = workload::kNoTensor;  // the other input of a binary function
  bool operand_first = false;                        // operand - x instead of x - operand
};

struct PimAttentionPlan;
struct PimProductPlan;

// One layer of the stream: an operator with what is fused into it.
struct LayerGroup {
  std::size_t op = 0;
  std::vector<FusedStage> stages;
  workload::TensorId output = workload::kNoTensor;  // of the last stage
  std::string name;                                 // names joined by '+'
  std::vector<workload::TensorId> workspace = {};   // tensors that live in this layer only
  // Where the layer computes in the banks of a memory, one of both.
  std::shared_ptr<const PimAttentionPlan> pim = {};
  std::shared_ptr<const PimProductPlan> product = {};
  workload::TensorId staging = workload::kNoTensor;  // values that wait for their block
  std::string note = {};  // what decided whether the layer computes in banks
};

// Whether an operator is computed as a matrix product, so that others may ride on its write-out.
[[nodiscard]] bool is_matrix_operator(const workload::Operator& op);

// Groups the operators of a graph. An element-wise operator is fused into a convolution or matrix
// product whose output nobody else reads, if its other input has the output's shape and is there
// before that layer begins. Views make no layer.
[[nodiscard]] std::vector<LayerGroup> fuse(const workload::Graph& graph, bool fusion);

// The same where `may_ride(first, rider)` says which operators may be fused into the layer of an
// operator.
using MayRide =
    std::function<bool(const workload::Operator& first, const workload::Operator& rider)>;
[[nodiscard]] std::vector<LayerGroup> fuse(const workload::Graph& graph, const MayRide& may_ride);

// The tensors that a layer reads, in the order of the operators' inputs.
[[nodiscard]] std::vector<workload::TensorId> inputs_of(const workload::Graph& graph,
                                                        const LayerGroup& group);

}  // namespace orrery::lowering
