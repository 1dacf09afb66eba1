// SPDX-License-Identifier: Apache-2.0
#include "lowering/workspace.h"

#include "lowering/attention_problem.h"

namespace orrery::lowering {

workload::Graph with_workspaces(const workload::Graph& graph, const MappingConfig& mapping,
                                std::vector<LayerGroup>& groups) {
  workload::Graph result = graph;
  for (LayerGroup& group : groups) {
    const workload::Operator& op = graph.operators[group.op];
    const auto* attention = std::get_if<workload::Attention>(&op.attributes);
    if (attention == nullptr || mapping.attention_form(op.name) != AttentionForm::kUnfused) {
      continue;
    }
    const workload::Tensor& query = graph.tensors[static_cast<std::size_t>(op.inputs[0])];
    group.workspace.push_back(static_cast<workload::TensorId>(result.tensors.size()));
    result.tensors.push_back(
        {op.name + ".logits",
         {query.shape[0], attention->heads, attention->query_length, attention->length()},
         logits_type(query.type),
         workload::TensorRole::kActivation});
  }
  return result;
}

}  // namespace orrery::lowering
