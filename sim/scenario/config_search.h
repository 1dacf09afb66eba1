// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace orrery::scenario {

// The shipped files, found beside the executable (source tree or installation) and before that in
// the folders of the environment variable ORRERY_CONFIG_PATH, separated by colons; each holds
// configs/ and workloads/.
enum class FileFamily { kPlatform, kWorkload, kMapping, kDram, kStudy, kSweep };

// The file that an argument names: itself where it is an existing path or looks like one, else the
// shipped file NAME.yaml of that family. Throws base::UserError with the nearest shipped name.
// `option` stands in messages: "-p".
[[nodiscard]] std::filesystem::path find_config(FileFamily family, const std::string& argument,
                                                const std::string& option);

// Names and paths of the shipped files of a family, sorted by name.
[[nodiscard]] std::vector<std::pair<std::string, std::filesystem::path>> shipped_files(
    FileFamily family);

}  // namespace orrery::scenario
