// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Each plans the layer of one operator: null after adding diagnostics to the request.
[[nodiscard]] std::unique_ptr<Layer> plan_normalization(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_softmax(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_elementwise(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_pooling(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_embedding(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_rotary_embedding(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_select_last(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_reduction(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_transpose(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_concatenation(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_slice(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_pad(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_expand(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_indexed_gather(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_scatter(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_channel_affine(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_linear_recurrence(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_expert_gate(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_expert_dispatch(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_expert_combine(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_all_reduce(const LayerRequest& request);

}  // namespace orrery::lowering
