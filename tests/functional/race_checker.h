// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "command/command.h"

namespace orrery::testing {

// Two commands that touch the same half byte, one of them writing, though nothing orders them: ""
// or the first such pair. What orders commands: an engine starts them one after the other, a
// command starts when those in its list are done, an engine is done with a command only after all
// before it, an array works one tile after the other, and so do banks their programs. Compares
// every half byte that is touched with those who touched it before; what the banks of a channel
// hold beside their rows counts as one of them.
[[nodiscard]] std::string find_race(const std::vector<command::Command>& commands,
                                    const command::StreamHeader& header);

}  // namespace orrery::testing
