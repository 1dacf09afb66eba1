// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

namespace orrery::base {

// Folders that may hold configs/, workloads/ and python/: those of the environment variable
// ORRERY_CONFIG_PATH, separated by colons, those that were added, then the source tree and the
// installation as seen from the executable. Not all of them need exist.
[[nodiscard]] std::vector<std::filesystem::path> data_folders();

// For a program that brings its own, such as an interpreter that has loaded Orrery. Not from
// several threads at a time.
void add_data_folder(std::filesystem::path folder);

}  // namespace orrery::base
