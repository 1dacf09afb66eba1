// SPDX-License-Identifier: Apache-2.0
#include "cli/scenario_options.h"

#include <CLI/CLI.hpp>
#include <charconv>

namespace orrery::cli {

namespace {

bool is_seed(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0;
}

}  // namespace

void define_limit_option(CLI::App& app, std::optional<double>& seconds, const std::string& help) {
  app.add_option("--limit-seconds", seconds, help)
      ->check(CLI::Validator(
          [](const std::string& text) {
            double value = 0.0;
            return CLI::detail::lexical_cast(text, value) && value > 0.0 && value < 1e9
                       ? std::string()
                       : "found '" + text + "'; expected seconds, more than 0";
          },
          ""));
}

void define_scenario_options(CLI::App& app, scenario::ScenarioRequest& request) {
  CLI::Option* platform = app.add_option("-p,--platform", request.platform,
                                         "Platform file, or the name of a shipped platform.");
  CLI::Option* workload = app.add_option("-w,--workload", request.workload,
                                         "Workload file, or the name of a shipped workload.");
  CLI::Option* mapping =
      app.add_option("-m,--mapping", request.mapping,
                     "Mapping file. Default: everything is left to the lowering.");
  app.add_option("--set", request.set,
                 "path=value: replaces a parameter, as in platform.engines.array.rows=64. Once for "
                 "each parameter.")
      ->allow_extra_args(false);
  app.add_option("--seed", request.seed, "Seed of what the workload leaves open.")
      ->check(CLI::Validator(
          [](const std::string& text) {
            return is_seed(text) ? std::string()
                                 : "found '" + text + "'; expected an integer of at least 0";
          },
          ""));
  app.add_option("--resolved", request.resolved,
                 "The resolved.yaml of an earlier run, instead of -p, -w and -m.")
      ->excludes(platform)
      ->excludes(workload)
      ->excludes(mapping);
}

void require_scenario(const scenario::ScenarioRequest& request) {
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
