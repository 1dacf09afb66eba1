// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/exit_code.h"
#include "cli/scenario_options.h"
#include "cli/subcommand.h"
#include "cli/tuning.h"
#include "lowering/chosen_mapping.h"
#include "report/output_file.h"
#include "scenario/scenario.h"
#include "scenario/scenario_run.h"

namespace orrery::cli {
namespace {

// Writes the mapping that the lowering chooses.
class MapCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "map"; }
  [[nodiscard]] std::string help() const override {
    return "Write the mapping of a workload on a platform, layer by layer, ready to edit.";
  }

  void define(CLI::App& app) override {
    define_scenario_options(app, request_);
    app.add_option("--dataflow", request_.dataflow, "os, ws or is, for every array.");
    app.add_option("-o,--output", output_, "The file. Default: standard output.");
    define_tuning_options(app, tuning_);
  }

  [[nodiscard]] int execute() override {
    require_scenario(request_);
    const scenario::Scenario scenario = scenario::load_scenario(request_);
    scenario::require_simulated(scenario, "map");
    std::vector<std::string> heading{
        fmt::format("The mapping of {} on {}; docs/mapping.md says what the keys mean.",
                    scenario.workload.name, scenario.platform.name)};
    lowering::MappingConfig mapping = scenario.mapping;
    if (tuning_.evaluations > 0) {
      TuningOutcome outcome = tune_scenario(scenario, tuning_, !scenario.dataflow_given);
      if (outcome.interrupted) {
        return kInterrupted;
      }
      for (std::string& line : tuning_lines(outcome, tuning_, scenario.workload.seed)) {
        heading.push_back(std::move(line));
      }
      mapping = std::move(outcome.mapping);
    }
    const auto plan =
        lowering::make_plan(scenario.workload.graph, lowering::machine_from(scenario.platform),
                            mapping, scenario.workload.seed);
    const std::string text =
        lowering::chosen_mapping(*plan, scenario.workload.graph, mapping, heading);
    if (output_.empty()) {
      std::cout << text;
      return kSuccess;
    }
    report::OutputFile file(output_);
    file.stream() << text;
    file.publish();
    return kSuccess;
  }

 private:
  scenario::ScenarioRequest request_;
  TuningRequest tuning_;
  std::string output_;
};

}  // namespace

SubcommandPointer make_map_command() {
  return std::make_unique<MapCommand>();
}

}  // namespace orrery::cli
