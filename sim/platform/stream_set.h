// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "command/command.h"

namespace orrery::platform {

// The streams of a run by name: their workloads, numbered where several are alike ("gpt2 (2)").
[[nodiscard]] std::vector<std::string> stream_names(
    const std::vector<command::StreamHeader>& headers);

// Throws base::UserError where several streams cannot share a machine: one does not declare what it
// uses of the scratchpad and the accumulators, two declare the same bytes, or one alone declares a
// rendezvous. The headers' indices are those of the machine.
void check_streams(const std::vector<command::StreamHeader>& headers);

}  // namespace orrery::platform
