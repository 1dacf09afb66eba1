// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/schema.h"

namespace orrery::lowering {

// Where activations become look-up tables for arrays that multiply by them;
// docs/components/lut_tensor_core.md.
enum class TableForm : std::uint8_t { kFused, kSeparate, kPerTile };

[[nodiscard]] const config::EnumTable<TableForm>& table_form_names();

}  // namespace orrery::lowering
