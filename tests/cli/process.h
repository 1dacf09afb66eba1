// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace orrery::cli {

// What a finished program left.
struct Outcome {
  int code = -1;  // exit code, or 128 + the signal that ended it
  std::string output;
  std::string errors;
};

struct ProcessOptions {
  std::filesystem::path folder = ".";  // to run in
  int signal = 0;                      // sent after `signal_after_ms`
  int signal_after_ms = 0;
  std::map<std::string, std::string> environment;  // added to that of the test
};

// Runs the built executable with these arguments, without a terminal.
[[nodiscard]] Outcome run_orrery(const std::vector<std::string>& arguments,
                                 const ProcessOptions& options = {});

// A new empty folder, named after the running test.
[[nodiscard]] std::filesystem::path fresh_folder();

[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// Every path below a folder, relative to it, sorted.
[[nodiscard]] std::vector<std::string> paths_below(const std::filesystem::path& folder);

}  // namespace orrery::cli
