// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/exit_code.h"
#include "cli/scenario.h"
#include "cli/scenario_options.h"
#include "cli/simulation.h"
#include "cli/subcommand.h"
#include "cli/tuning.h"
#include "lowering/lowering.h"
#include "report/comparison.h"

namespace orrery::cli {
namespace {

// Simulates one workload under several dataflows.
class CompareCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "compare"; }
  [[nodiscard]] std::string help() const override {
    return "Simulate a workload under several dataflows, side by side.";
  }

  void define(CLI::App& app) override {
    define_scenario_options(app, request_);
    app.add_option("--dataflow", dataflows_, "The dataflows, as in os,ws,is (the default).")
        ->delimiter(',');
    app.add_option("-o,--output", output_,
                   "Folder for comparison.json, comparison.csv, and a folder for each dataflow.");
    define_limit_option(app, options_.limit_seconds, "Stop each run after this time on the host.");
    app.add_option("--layers", layers_, "Layers in the printed table.");
    app.add_flag("--json", json_, "Print comparison.json instead of tables.");
    define_tuning_options(app, tuning_);
  }

  [[nodiscard]] int execute() override {
    require_scenario(request_);
    check_dataflows();
    // Everything is read and planned before anything is simulated or written.
    std::vector<Scenario> scenarios;
    std::vector<std::shared_ptr<const lowering::Plan>> plans;
    for (const std::string& dataflow : dataflows_) {
      request_.dataflow = dataflow;
      scenarios.push_back(load_scenario(request_));
      plans.push_back(scenarios.back().plan());
    }
    std::optional<report::OutputFolder> folder;
    if (!output_.empty()) {
      folder.emplace(output_);
    }
    report::Comparison comparison;
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      comparison.runs.push_back(run(scenarios[i], plans[i], dataflows_[i]));
      if (verdict_of_last(comparison) == kInterrupted) {
        return kInterrupted;
      }
      if (tuning_.evaluations > 0 && !add_best_found(scenarios[i], comparison)) {
        return kInterrupted;
      }
    }
    add_notes(comparison);
    if (folder) {
      folder->write("comparison.json", report::write_json(report::comparison_json(comparison)));
      folder->write("comparison.csv", report::comparison_csv(comparison));
      folder->publish();
    }
    std::cout << (json_ ? report::write_json(report::comparison_json(comparison))
                        : report::comparison_text(comparison, layers_));
    return code_;
  }

 private:
  void check_dataflows() {
    for (const std::string& dataflow : dataflows_) {
      if (std::count(dataflows_.begin(), dataflows_.end(), dataflow) > 1) {
        throw base::UserError(base::Diagnostic{
            {"--dataflow", 0, 0}, "", "'" + dataflow + "' stands twice", "each once", ""});
      }
    }
  }

  metrics::RunResult run(const Scenario& scenario,
                         const std::shared_ptr<const lowering::Plan>& plan,
                         const std::string& dataflow) {
    std::optional<report::OutputFolder> folder;
    if (!output_.empty()) {
      folder.emplace(std::filesystem::path(output_) / dataflow);
    }
    lowering::LoweredStream stream(plan);
    platform::RunOutput output = simulate(scenario.platform, stream, options_, dataflow + ": ");
    output.result.config_hash = scenario.hash;
    output.result.dataflow = dataflow;
    if (folder) {
      stage_run_files(*folder, output, {scenario.resolved, loop_nests(*plan), {}}, options_);
      folder->publish();
    }
    return std::move(output.result);
  }

  // Tunes the scenario of the last run. False where it was interrupted.
  bool add_best_found(const Scenario& scenario, report::Comparison& comparison) {
    const metrics::RunResult& by_default = comparison.runs.back();
    TuningOutcome outcome =
        tune_scenario(scenario, tuning_, false, by_default, by_default.dataflow + " ");
    if (outcome.interrupted) {
      return false;
    }
    const std::vector<std::string> lines = tuning_lines(outcome, tuning_, scenario.workload.seed);
    comparison.notes.push_back(by_default.dataflow + ": " + lines.front());
    comparison.notes.insert(comparison.notes.end(), lines.begin() + 1, lines.end());
    outcome.tuned.config_hash = by_default.config_hash;
    outcome.tuned.dataflow = by_default.dataflow;
    comparison.best_found.push_back(std::move(outcome.tuned));
    return true;
  }

  // The first verdict that is no success decides the exit code.
  int verdict_of_last(const report::Comparison& comparison) {
    const int code = verdict(comparison.runs.back());
    code_ = code_ == kSuccess ? code : code_;
    return code;
  }

  // The notes of the runs, each once: that the array counts cycles by a convention that favours os
  // is among them.
  static void add_notes(report::Comparison& comparison) {
    for (const metrics::RunResult& run : comparison.runs) {
      for (const std::string& note : run.notes) {
        if (std::find(comparison.notes.begin(), comparison.notes.end(), note) ==
            comparison.notes.end()) {
          comparison.notes.push_back(note);
        }
      }
    }
  }

  ScenarioRequest request_;
  TuningRequest tuning_;
  std::vector<std::string> dataflows_{"os", "ws", "is"};
  std::string output_;
  std::size_t layers_ = 20;
  bool json_ = false;
  platform::RunOptions options_;
  int code_ = kSuccess;
};

}  // namespace

SubcommandPointer make_compare_command() {
  return std::make_unique<CompareCommand>();
}

}  // namespace orrery::cli
