// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace orrery::cli {

// What `orrery --version` prints: version, commit, compiler, flags, versions of the libraries that
// results depend on.
[[nodiscard]] std::string version_text();

}  // namespace orrery::cli
