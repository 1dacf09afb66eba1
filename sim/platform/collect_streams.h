// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "platform/machine.h"

namespace orrery::platform {

// The layers of all streams one after the other; with several streams, names begin with theirs.
[[nodiscard]] std::vector<command::LayerInfo> all_layers(
    const std::vector<command::StreamHeader>& headers);

// What each of several streams did, from its layers in the result.
void collect_streams(const std::vector<command::StreamHeader>& headers, const Machine& machine,
                     const base::ClockDomain& reference, metrics::RunResult& result);

}  // namespace orrery::platform
