// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace orrery::report {

// Keys stay in the order in which they are set: the same result gives the same bytes.
using Json = nlohmann::ordered_json;

// Two spaces of indentation and a final line feed. Throws base::InternalError for a number that is
// not finite, which JSON cannot hold.
[[nodiscard]] std::string write_json(const Json& json);

}  // namespace orrery::report
