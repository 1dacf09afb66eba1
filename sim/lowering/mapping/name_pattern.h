// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace orrery::lowering {

// Whether `name` follows a pattern with * (any text) and ? (any one letter).
[[nodiscard]] bool follows(std::string_view pattern, std::string_view name);

}  // namespace orrery::lowering
