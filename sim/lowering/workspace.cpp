// SPDX-License-Identifier: Apache-2.0
#include "lowering/workspace.h"

#include "lowering/attention/attention_problem.h"
#include "lowering/banks/pim_attention_plan.h"
#include "lowering/banks/pim_product_plan.h"

namespace orrery::lowering {

std::string workspace_name(const workload::Operator& op, const LayerGroup& group) {
  return op.name + ((group.pim && group.pim->computes) || group.product ? ".vectors" : ".logits");
}

workload::Graph with_workspaces(const workload::Graph& graph,
                                const std::vector<LayerMapping>& mappings,
                                std::vector<LayerGroup>& groups) {
  workload::Graph result = graph;
  for (LayerGroup& group : groups) {
    const workload::Operator& op = graph.operators[group.op];
    const std::int64_t vector_rows = group.pim       ? group.pim->vector_rows()
                                     : group.product ? group.product->vector_rows()
                                                     : 0;
    if (vector_rows > 0) {
      const PimTarget& target =
          group.pim ? static_cast<const PimTarget&>(*group.pim) : *group.product;
      group.workspace.push_back(static_cast<workload::TensorId>(result.tensors.size()));
      result.tensors.push_back({workspace_name(op, group),
                                {vector_rows, target.row_stride()},
                                numeric::ElementType::kInt8,
                                workload::TensorRole::kActivation});
    }
    if (group.pim && group.pim->has_staging()) {
      group.staging = static_cast<workload::TensorId>(result.tensors.size());
      result.tensors.push_back({op.name + ".staging",
                                {group.pim->layout.staging_rows(), group.pim->row_stride()},
                                numeric::ElementType::kInt8,
                                workload::TensorRole::kKeyValueCache});
    }
    const auto* attention = std::get_if<workload::Attention>(&op.attributes);
    if (attention == nullptr || mappings[group.op].attention != AttentionForm::kUnfused) {
      continue;
    }
    const workload::Tensor& query = graph.tensors[static_cast<std::size_t>(op.inputs[0])];
    group.workspace.push_back(static_cast<workload::TensorId>(result.tensors.size()));
    result.tensors.push_back(
        {workspace_name(op, group),
         {query.shape[0], attention->heads, attention->query_length, attention->length()},
         logits_type(query.type),
         workload::TensorRole::kActivation});
  }
  return result;
}

}  // namespace orrery::lowering
