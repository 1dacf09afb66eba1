// SPDX-License-Identifier: Apache-2.0
#include "lowering/operator_table.h"

#include "lowering/attention/attention.h"
#include "lowering/matrix/matrix_operators.h"
#include "lowering/operators/operators.h"

namespace orrery::lowering {

const base::Registry<PlanFunction>& operator_table() {
  static const base::Registry<PlanFunction> kTable = [] {
    base::Registry<PlanFunction> table("operator");
    table.add("convolution", plan_convolution);
    table.add("matrix_multiplication", plan_matrix_multiplication);
    table.add("transposed_convolution", plan_transposed_convolution);
    table.add("attention", plan_attention);
    table.add("normalization", plan_normalization);
    table.add("softmax", plan_softmax);
    table.add("elementwise", plan_elementwise);
    table.add("pooling", plan_pooling);
    table.add("embedding", plan_embedding);
    table.add("rotary_embedding", plan_rotary_embedding);
    table.add("select_last", plan_select_last);
    table.add("reduction", plan_reduction);
    table.add("transpose", plan_transpose);
    table.add("concatenation", plan_concatenation);
    table.add("slice", plan_slice);
    table.add("pad", plan_pad);
    table.add("expand", plan_expand);
    table.add("gather", plan_indexed_gather);
    table.add("scatter", plan_scatter);
    table.add("channel_affine", plan_channel_affine);
    table.add("linear_recurrence", plan_linear_recurrence);
    table.add("expert_gate", plan_expert_gate);
    table.add("expert_dispatch", plan_expert_dispatch);
    table.add("expert_combine", plan_expert_combine);
    table.add("all_reduce", plan_all_reduce);
    return table;
  }();
  return kTable;
}

}  // namespace orrery::lowering
