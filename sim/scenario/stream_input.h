// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "command/command.h"
#include "platform/run.h"
#include "scenario/scenario.h"

namespace orrery::scenario {

// Command streams from files and the platform they are to run on.
struct StreamInput {
  hardware::PlatformConfig platform;
  std::vector<std::unique_ptr<command::Source>> sources;
  std::string resolved;  // the platform with every default, and the streams' names and SHA-256
  std::string hash;      // SHA-256 of `resolved`
};

// Throws base::UserError for a platform or headers that are wrong; mistakes further down in a
// stream are found, and thrown, as it is drained.
[[nodiscard]] StreamInput load_streams(const ScenarioRequest& request,
                                       const std::vector<std::string>& streams);

// As platform::run(), with the hash and the dataflows in the result. Once: sources are read to
// their end.
[[nodiscard]] platform::RunOutput run_streams(const StreamInput& input,
                                              const platform::RunOptions& options);

}  // namespace orrery::scenario
