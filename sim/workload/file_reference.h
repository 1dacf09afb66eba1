// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "config/node.h"
#include "config/reader.h"

namespace orrery::workload {

// The file that a value of a workload file names: relative to the file that holds the value, or to
// the current folder where the value stands on the command line.
[[nodiscard]] std::filesystem::path referenced_path(const config::Node& value);

// Runs `read`, which may throw base::UserError, and hands what it threw to the reader.
template <class Read>
void report_errors_of(config::Reader& reader, const Read& read) {
  try {
    read();
  } catch (const base::UserError& error) {
    for (const base::Diagnostic& diagnostic : error.diagnostics()) {
      reader.diagnostics().add(diagnostic);
    }
  }
}

// Whether the file is there; if not, says so at the value that names it.
[[nodiscard]] bool check_exists(const std::filesystem::path& path, const config::Node& value,
                                config::Reader& reader);

}  // namespace orrery::workload
