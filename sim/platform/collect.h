// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "command/command.h"
#include "platform/machine.h"

namespace orrery::platform {

// Gathers what a finished machine has counted, charges energy and checks the invariants.
// `headers`: of the machine's streams. `stopped`: why the run ended early; empty for a complete
// one.
[[nodiscard]] metrics::RunResult collect(const hardware::PlatformConfig& platform,
                                         const std::vector<command::StreamHeader>& headers,
                                         const Machine& machine, base::Femtoseconds end,
                                         const std::string& stopped);

}  // namespace orrery::platform
