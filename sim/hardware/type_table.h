// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "config/codec.h"
#include "numeric/element_type.h"

namespace orrery::hardware {

// A number for each of some element types, in the order of the file.
using TypeTable = std::vector<std::pair<numeric::ElementType, std::int64_t>>;

// A map from names of element types to integers, at least one entry.
[[nodiscard]] config::Codec<TypeTable> type_table(std::int64_t minimum, std::int64_t maximum);

}  // namespace orrery::hardware
