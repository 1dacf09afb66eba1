// SPDX-License-Identifier: Apache-2.0
#include "lowering/attention_problem.h"
#include "lowering/attention_row_tiled.h"
#include "lowering/operator_table.h"

namespace orrery::lowering {

std::unique_ptr<Layer> plan_attention(const LayerRequest& request) {
  const auto problem = attention_problem(request);
  if (!problem) {
    return nullptr;
  }
  auto layer = plan_row_tiled(request, *problem);
  if (!layer) {
    const AttentionBuffers smallest(*problem, AttentionTiling{});
    request.error_too_small(smallest.lane, "smallest block, one query and its logits,");
  }
  return layer;
}

}  // namespace orrery::lowering
