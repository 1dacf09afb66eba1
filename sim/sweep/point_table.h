// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "sweep/axis.h"

namespace orrery::sweep {

// The points of a table of comma-separated values, one a line; docs/studies.md has the form. Throws
// base::UserError with every mistake.
[[nodiscard]] std::vector<AxisValue> read_point_table(const std::filesystem::path& path);

}  // namespace orrery::sweep
