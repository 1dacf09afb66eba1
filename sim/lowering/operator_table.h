// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/registry.h"
#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Plans the layer of one operator. Null after adding diagnostics to the request.
using PlanFunction = std::function<std::unique_ptr<Layer>(const LayerRequest&)>;

// Lowering functions by operator kind, as workload::kind_name() gives it.
[[nodiscard]] const base::Registry<PlanFunction>& operator_table();

}  // namespace orrery::lowering
