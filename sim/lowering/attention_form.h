// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/schema.h"

namespace orrery::lowering {

// Where the logits of attention go between their products; docs/attention.md.
enum class AttentionForm : std::uint8_t {
  kUnfused,   // to memory, and the weights that softmax makes of them too
  kRowTiled,  // whole rows of a block of queries stay in the scratchpad
  kOnePass,   // a tile at a time: running maximum, sum and result
};

[[nodiscard]] const config::EnumTable<AttentionForm>& attention_form_names();

// The key of a layer rule that asks for a form.
[[nodiscard]] config::Node form_key(AttentionForm form);

}  // namespace orrery::lowering
