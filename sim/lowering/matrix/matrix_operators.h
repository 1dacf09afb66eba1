// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Each plans the layer of one operator: null after adding diagnostics to the request.
[[nodiscard]] std::unique_ptr<Layer> plan_matrix_multiplication(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_convolution(const LayerRequest& request);
[[nodiscard]] std::unique_ptr<Layer> plan_transposed_convolution(const LayerRequest& request);

}  // namespace orrery::lowering
