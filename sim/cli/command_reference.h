// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/json.h"

namespace CLI {
class App;
}

namespace orrery::cli {

// Every subcommand of the program with its arguments and options: `orrery list commands`.
[[nodiscard]] report::Json commands_json(const CLI::App& program);
[[nodiscard]] std::string commands_text(const CLI::App& program);
// docs/commands.md.
[[nodiscard]] std::string commands_markdown(const CLI::App& program);

}  // namespace orrery::cli
