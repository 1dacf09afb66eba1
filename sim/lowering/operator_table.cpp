// SPDX-License-Identifier: Apache-2.0
#include "lowering/operator_table.h"

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
    return table;
  }();
  return kTable;
}

}  // namespace orrery::lowering
