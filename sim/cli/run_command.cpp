// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <iostream>

#include "base/units.h"
#include "cli/scenario_options.h"
#include "cli/simulation.h"
#include "cli/subcommand.h"
#include "lowering/lowering.h"
#include "report/result_json.h"
#include "report/summary.h"
#include "scenario/coverage.h"
#include "scenario/scenario.h"
#include "scenario/scenario_run.h"
#include "scenario/stream_input.h"

namespace orrery::cli {
namespace {

[[noreturn]] void fail(const std::string& option, std::string message, std::string expected) {
  throw base::UserError(
      base::Diagnostic{{option, 0, 0}, "", std::move(message), std::move(expected), ""});
}

base::Femtoseconds parse_time(const std::string& window, const std::string& text) {
  const auto value = base::parse_duration(text);
  if (!value || value->femtoseconds < base::Rational(0)) {
    fail("--timeline-window " + window, "'" + text + "' is no time", "two times, as in 10us:20us");
  }
  return base::floor(value->femtoseconds);
}

// "10us:20us"; either side may be left out.
void parse_window(const std::string& window, platform::RunOptions& options) {
  const std::size_t colon = window.find(':');
  if (colon == std::string::npos) {
    fail("--timeline-window " + window, "no colon", "two times, as in 10us:20us");
  }
  const std::string begin = window.substr(0, colon);
  const std::string end = window.substr(colon + 1);
  if (!begin.empty()) {
    options.timeline_begin = parse_time(window, begin);
  }
  if (!end.empty()) {
    options.timeline_end = parse_time(window, end);
  }
  if (options.timeline_end <= options.timeline_begin) {
    fail("--timeline-window " + window, "it ends before it begins", "two times, as in 10us:20us");
  }
}

// Simulates one workload, or streams, on one platform.
class RunCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "run"; }
  [[nodiscard]] std::string help() const override { return "Simulate a workload on a platform."; }

  void define(CLI::App& app) override {
    define_scenario_options(app, request_);
    app.add_option("--dataflow", request_.dataflow,
                   "os, ws or is, for every array. Default: that of the mapping, or the array's "
                   "first.");
    app.add_option("--stream", streams_,
                   "Run this command stream instead of a workload. Several run at once, each with "
                   "an option of its own.")
        ->allow_extra_args(false)
        ->excludes("--workload")
        ->excludes("--mapping")
        ->excludes("--dataflow")
        ->excludes("--seed")
        ->excludes("--resolved");
    app.add_option("-o,--output", output_,
                   "Folder for the result. Made if its "
                   "parent exists; files of an earlier run are replaced.");
    app.add_flag("--timeline", timeline_, "Also write timeline.json.gz, for Perfetto.");
    app.add_option("--timeline-window", window_,
                   "Part of the run that the timeline shows, as in 10us:20us.");
    define_limit_option(app, options_.limit_seconds,
                        "Stop after this time on the host; the result is marked partial.");
    app.add_option("--layers", summary_.layers, "Layers in the printed table.");
    app.add_flag("--json", json_, "Print result.json instead of the summary.");
  }

  [[nodiscard]] int execute() override {
    options_.timeline = timeline_ || !window_.empty();
    if (!window_.empty()) {
      parse_window(window_, options_);
    }
    if (options_.timeline && output_.empty()) {
      fail("--timeline", "no folder to write it to", "-o DIR");
    }
    return streams_.empty() ? run_workload() : run_streams();
  }

 private:
  int run_workload() {
    require_scenario(request_);
    const scenario::Scenario scenario = scenario::load_scenario(request_);
    if (!json_ && scenario.workload.origin) {
      std::cout << scenario::coverage_text(scenario.workload,
                                           workload::describe(scenario.workload.graph))
                << std::endl;
    }
    if (options_.timeline) {
      scenario::require_simulated(scenario, "--timeline");
    }
    const scenario::ScenarioRun ready(scenario);
    const RunInput input{scenario.resolved, output_.empty() ? "" : ready.loops()};
    return run([&] { return ready.run(WatchedRun(options_, "").options()); }, input);
  }

  int run_streams() {
    const scenario::StreamInput input = scenario::load_streams(request_, streams_);
    return run([&] { return scenario::run_streams(input, WatchedRun(options_, "").options()); },
               {input.resolved, ""});
  }

  int run(const std::function<platform::RunOutput()>& compute, const RunInput& input) {
    std::optional<report::OutputFolder> folder;
    if (!output_.empty()) {
      folder.emplace(output_);
    }
    platform::RunOutput output = compute();
    if (folder) {
      stage_run_files(*folder, output, input, options_);
      folder->publish();
    }
    if (json_) {
      std::cout << report::write_json(report::result_json(output.result));
    } else {
      std::cout << report::summary(output.result, summary_);
    }
    return verdict(output.result);
  }

  scenario::ScenarioRequest request_;
  std::vector<std::string> streams_;
  std::string output_;
  std::string window_;
  bool timeline_ = false;
  bool json_ = false;
  report::SummaryOptions summary_;
  platform::RunOptions options_;
};

}  // namespace

SubcommandPointer make_run_command() {
  return std::make_unique<RunCommand>();
}

}  // namespace orrery::cli
