// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/parameter_reference.h"
#include "report/json.h"

namespace orrery::cli {

// JSON Schema (draft 2020-12) of a kind of input file, for editors. It knows types, ranges, choices
// and the keys that the document itself must have; everything else is checked only by the program.
[[nodiscard]] report::Json json_schema(const ParameterRoot& root);

}  // namespace orrery::cli
