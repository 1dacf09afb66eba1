// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/codec.h"
#include "timing/dataflow.h"

namespace orrery::timing {

// The dataflows of configs/dataflows as they were when this program was built.
[[nodiscard]] const std::vector<Dataflow>& shipped_dataflows();

// A dataflow in a file: the name of a shipped one, or a map of `name` and `nest` (which may be
// another file's: {extends: FILE}).
[[nodiscard]] const config::Codec<Dataflow>& dataflow_codec();

}  // namespace orrery::timing
