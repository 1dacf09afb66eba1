// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/exit_code.h"
#include "cli/scenario_options.h"
#include "cli/simulation.h"
#include "cli/subcommand.h"
#include "cli/tuning.h"
#include "report/comparison.h"
#include "scenario/scenario.h"
#include "scenario/scenario_run.h"

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
    app.add_option("--vary", vary_,
                   "path=value,value...: everything once with each value of a parameter, as in "
                   "mapping.packing=true,false; workload=NAME,NAME for workloads of the same "
                   "layers.");
    app.add_option("-o,--output", output_,
                   "Folder for comparison.json, comparison.csv, and a folder for each dataflow.");
    define_limit_option(app, options_.limit_seconds, "Stop each run after this time on the host.");
    app.add_option("--layers", layers_, "Layers in the printed table.");
    app.add_flag("--utilization", utilization_,
                 "Print the utilization of the arrays by all layers too.");
    app.add_flag("--json", json_, "Print comparison.json instead of tables.");
    define_tuning_options(app, tuning_);
  }

  [[nodiscard]] int execute() override {
    check_dataflows();
    // Everything is read and planned before anything is simulated or written.
    const std::vector<Variant> variants = read_variants();
    std::vector<Case> cases;
    for (const Variant& variant : variants) {
      require_scenario(variant.request);
      for (const std::string& dataflow : dataflows_) {
        scenario::ScenarioRequest request = variant.request;
        request.dataflow = dataflow;
        cases.push_back(
            {dataflow,
             variant.name,
             std::make_unique<const scenario::Scenario>(scenario::load_scenario(request)),
             {}});
        cases.back().ready.emplace(*cases.back().loaded);
        check_layers(cases);
      }
    }
    std::optional<report::OutputFolder> folder;
    if (!output_.empty()) {
      folder.emplace(output_);
    }
    report::Comparison comparison;
    for (const Case& one : cases) {
      comparison.runs.push_back(run(one));
      if (!one.variant.empty()) {
        comparison.variants.push_back(one.variant);
      }
      if (verdict_of_last(comparison) == kInterrupted) {
        return kInterrupted;
      }
      if (tuning_.evaluations > 0 && !add_best_found(one, comparison)) {
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
                        : report::comparison_text(comparison, layers_) +
                              (utilization_ ? report::utilization_text(comparison) : ""));
    return code_;
  }

 private:
  // One value of what is varied, or nothing.
  struct Variant {
    std::string name;
    scenario::ScenarioRequest request;
  };
  struct Case {
    std::string dataflow;
    std::string variant;
    std::unique_ptr<const scenario::Scenario> loaded;
    std::optional<scenario::ScenarioRun> ready;
  };

  [[noreturn]] void fail_vary(const std::string& message, const std::string& expected) const {
    throw base::UserError(base::Diagnostic{{"--vary " + vary_, 0, 0}, "", message, expected, ""});
  }

  [[nodiscard]] std::vector<Variant> read_variants() const {
    if (vary_.empty()) {
      return {{"", request_}};
    }
    const std::size_t equals = vary_.find('=');
    if (equals == std::string::npos) {
      fail_vary("no '='", "path=value,value");
    }
    const std::string path = vary_.substr(0, equals);
    if (path == "workload" && !request_.resolved.empty()) {
      fail_vary("the workload of --resolved cannot be varied", "-p and -w");
    }
    std::vector<Variant> variants;
    for (std::size_t begin = equals + 1; begin <= vary_.size();) {
      const std::size_t end = std::min(vary_.find(',', begin), vary_.size());
      const std::string value = vary_.substr(begin, end - begin);
      Variant variant{path.substr(path.rfind('.') + 1) + '=' + value, request_};
      if (path == "workload") {
        variant = {value, request_};
        variant.request.workload = value;
      } else {
        variant.request.set.push_back(path + '=' + value);
      }
      if (value.empty() || std::any_of(variants.begin(), variants.end(), [&](const Variant& one) {
            return one.name == variant.name;
          })) {
        fail_vary(value.empty() ? "an empty value" : "'" + value + "' stands twice", "each once");
      }
      variants.push_back(std::move(variant));
      begin = end + 1;
    }
    return variants;
  }

  // Layers are compared one by one.
  void check_layers(const std::vector<Case>& cases) const {
    if (cases.front().ready->layer_names() != cases.back().ready->layer_names()) {
      fail_vary("the layers under " + cases.front().variant + " and " + cases.back().variant +
                    " have different names",
                "the same layers in each variant");
    }
  }

  void check_dataflows() {
    for (const std::string& dataflow : dataflows_) {
      if (std::count(dataflows_.begin(), dataflows_.end(), dataflow) > 1) {
        throw base::UserError(base::Diagnostic{
            {"--dataflow", 0, 0}, "", "'" + dataflow + "' stands twice", "each once", ""});
      }
    }
  }

  // "rs", or "rs-packing_false" where something is varied.
  static std::string folder_name(const Case& one) {
    std::string name = one.dataflow + (one.variant.empty() ? "" : "-" + one.variant);
    for (char& letter : name) {
      const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                         (letter >= '0' && letter <= '9') || letter == '.' || letter == '-';
      letter = plain ? letter : '_';
    }
    return name;
  }

  metrics::RunResult run(const Case& one) {
    std::optional<report::OutputFolder> folder;
    if (!output_.empty()) {
      folder.emplace(std::filesystem::path(output_) / folder_name(one));
    }
    platform::RunOutput output =
        one.ready->run(WatchedRun(options_, folder_name(one) + ": ").options());
    output.result.dataflow = one.dataflow;
    if (folder) {
      stage_run_files(*folder, output, {one.loaded->resolved, one.ready->loops()}, options_);
      folder->publish();
    }
    return std::move(output.result);
  }

  // Tunes the scenario of the last run. False where it was interrupted.
  bool add_best_found(const Case& one, report::Comparison& comparison) {
    const metrics::RunResult& by_default = comparison.runs.back();
    const std::string name = one.dataflow + (one.variant.empty() ? "" : " " + one.variant);
    TuningOutcome outcome = tune_scenario(*one.loaded, tuning_, false, by_default, name + " ");
    if (outcome.interrupted) {
      return false;
    }
    const std::vector<std::string> lines =
        tuning_lines(outcome, tuning_, one.loaded->workload.seed);
    comparison.notes.push_back(name + ": " + lines.front());
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

  scenario::ScenarioRequest request_;
  TuningRequest tuning_;
  std::vector<std::string> dataflows_{"os", "ws", "is"};
  std::string vary_;
  std::string output_;
  bool utilization_ = false;
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
