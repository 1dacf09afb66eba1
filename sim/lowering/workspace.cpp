// SPDX-License-Identifier: Apache-2.0
#include "lowering/workspace.h"

#include "lowering/attention_problem.h"

namespace orrery::lowering {

std::string workspace_name(const workload::Operator& op) {
  return op.name + ".logits";
}

workload::Graph with_workspaces(const workload::Graph& graph,
                                const std::vector<LayerMapping>& mappings,
                                std::vector<LayerGroup>& groups) {
  workload::Graph result = graph;
  for (LayerGroup& group : groups) {
    const workload::Operator& op = graph.operators[group.op];
    const auto* attention = std::get_if<workload::Attention>(&op.attributes);
    if (attention == nullptr || mappings[group.op].attention != AttentionForm::kUnfused) {
      continue;
    }
    const workload::Tensor& query = graph.tensors[static_cast<std::size_t>(op.inputs[0])];
    group.workspace.push_back(static_cast<workload::TensorId>(result.tensors.size()));
    result.tensors.push_back(
        {workspace_name(op),
         {query.shape[0], attention->heads, attention->query_length, attention->length()},
         logits_type(query.type),
         workload::TensorRole::kActivation});
  }
  return result;
}

}  // namespace orrery::lowering
