// SPDX-License-Identifier: Apache-2.0
#include "cli/scenario_options.h"

#include <CLI/CLI.hpp>

namespace orrery::cli {

void define_scenario_options(CLI::App& app, ScenarioRequest& request) {
  CLI::Option* platform = app.add_option("-p,--platform", request.platform,
                                         "Platform file, or the name of a shipped platform.");
  CLI::Option* workload = app.add_option("-w,--workload", request.workload,
                                         "Workload file, or the name of a shipped workload.");
  CLI::Option* mapping =
      app.add_option("-m,--mapping", request.mapping, "Mapping file. Default: no wishes.");
  app.add_option("--set", request.set,
                 "path=value: replaces a parameter, as in platform.engines.array.rows=64. Once for "
                 "each parameter.")
      ->allow_extra_args(false);
  app.add_option("--seed", request.seed, "Seed of what the workload leaves open.")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--resolved", request.resolved,
                 "The resolved.yaml of an earlier run, instead of -p, -w and -m.")
      ->excludes(platform)
      ->excludes(workload)
      ->excludes(mapping);
}

void require_scenario(const ScenarioRequest& request) {
  if (!request.resolved.empty()) {
    return;
  }
  base::Diagnostics diagnostics;
  if (request.platform.empty()) {
    diagnostics.add({{"", 0, 0}, "", "no platform", "-p PLATFORM", ""});
  }
  if (request.workload.empty()) {
    diagnostics.add({{"", 0, 0}, "", "no workload", "-w WORKLOAD", ""});
  }
  diagnostics.throw_if_any();
}

}  // namespace orrery::cli
