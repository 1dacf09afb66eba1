// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/schema.h"

namespace orrery::lowering {

// How softmax goes over rows that do not fit the scratchpad; docs/lowering.md.
enum class SoftmaxForm : std::uint8_t { kThreePass, kTwoPass, kOnline };

[[nodiscard]] const config::EnumTable<SoftmaxForm>& softmax_form_names();

}  // namespace orrery::lowering
