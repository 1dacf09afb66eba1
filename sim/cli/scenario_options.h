// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "scenario/scenario.h"

namespace CLI {
class App;
}

namespace orrery::cli {

// Declares -p, -w, -m, --set, --seed and --resolved. The subcommand declares its own --dataflow.
void define_scenario_options(CLI::App& app, scenario::ScenarioRequest& request);

// Declares --limit-seconds.
void define_limit_option(CLI::App& app, std::optional<double>& seconds, const std::string& help);

// Throws base::UserError unless -p and -w, or --resolved, were given.
void require_scenario(const scenario::ScenarioRequest& request);

}  // namespace orrery::cli
