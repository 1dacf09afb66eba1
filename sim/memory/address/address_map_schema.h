// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/codec.h"
#include "memory/address/field_map_description.h"

namespace orrery::memory {

// Reads the `address_map` of a tier; docs/components/address_maps.md. What the texts mean is
// checked by FieldMap::from(), which knows the memory's fields.
[[nodiscard]] config::Codec<FieldMapDescription> field_map_codec();

}  // namespace orrery::memory
