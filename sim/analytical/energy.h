// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "analytical/array_form.h"
#include "analytical/closed_form.h"
#include "hardware/energy_account.h"
#include "lowering/mapping/execution.h"
#include "workload/product.h"

namespace orrery::analytical {

// Charges a layer for what its products do in the array and at the buffers. Throws base::UserError
// where a coefficient is missing.
void charge(const workload::Product& product, const Estimate& estimate, const ArrayForm& array,
            const lowering::ExecutionConfig& execution, std::size_t layer,
            hardware::EnergyAccount& energy);

}  // namespace orrery::analytical
