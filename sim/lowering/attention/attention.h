// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Plans the layer of one operator: null after adding diagnostics to the request.
[[nodiscard]] std::unique_ptr<Layer> plan_attention(const LayerRequest& request);

}  // namespace orrery::lowering
