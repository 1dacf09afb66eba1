// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/schema.h"
#include "requests/channel_assignment.h"

namespace orrery::lowering {

// Where the logits of attention go between their products; docs/attention.md.
enum class AttentionForm : std::uint8_t {
  kUnfused,   // to memory, and the weights that softmax makes of them too
  kRowTiled,  // whole rows of a block of queries stay in the scratchpad
  kOnePass,   // a tile at a time: running maximum, sum and result
  kPim,       // both products in the banks of a memory that computes, softmax on the chip
};

[[nodiscard]] const config::EnumTable<AttentionForm>& attention_form_names();

// When a new value goes into the banks of a memory that computes; docs/pim_lowering.md.
enum class PimAppend : std::uint8_t {
  kToken,  // at once, one element to each of its rows
  kBlock,  // with others that fill a burst of each row; until then it waits beside the banks
};

[[nodiscard]] const config::EnumTable<PimAppend>& pim_append_names();

// Where attention that arrays compute leaves its keys and values.
enum class CacheLayout : std::uint8_t {
  kPlain,  // a head's tokens one after the other
  kBanks,  // where attention in banks expects them; docs/pim_lowering.md
};

[[nodiscard]] const config::EnumTable<CacheLayout>& cache_layout_names();

[[nodiscard]] const config::EnumTable<requests::ChannelRule>& channel_rule_names();

// The key of a layer rule that asks for a form.
[[nodiscard]] config::Node form_key(AttentionForm form);

}  // namespace orrery::lowering
