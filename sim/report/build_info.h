// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace orrery::report {

// What this executable was built from and how.
struct BuildInfo {
  std::string version;     // "0.1.0"
  std::string commit;      // twelve digits, "-dirty" after changes, "unknown" outside git
  std::string compiler;    // "GNU 12.2.0"
  std::string build_type;  // "Release"
  std::string flags;       // of the compiler
};

[[nodiscard]] const BuildInfo& build_info();

}  // namespace orrery::report
