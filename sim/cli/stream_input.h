// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "cli/scenario.h"
#include "command/command.h"

namespace orrery::cli {

// A command stream from a file and the platform it is to run on.
struct StreamInput {
  hardware::PlatformConfig platform;
  std::unique_ptr<command::Source> source;
  std::string resolved;  // the platform with every default, and the stream's name and SHA-256
  std::string hash;      // SHA-256 of `resolved`
};

// Throws base::UserError for a platform or a header that is wrong; mistakes further down in the
// stream are found, and thrown, as it is drained.
[[nodiscard]] StreamInput load_stream(const ScenarioRequest& request,
                                      const std::filesystem::path& stream);

}  // namespace orrery::cli
