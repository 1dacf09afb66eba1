// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/subcommand.h"
#include "workload/python.h"

namespace orrery::cli {
namespace {

// A subcommand that a module of the Python package carries out. Modules print what the user reads,
// mistakes too, and end with the exit codes of the program.
class PythonCommand : public Subcommand {
 protected:
  [[nodiscard]] int run_module(const std::string& module,
                               const std::vector<std::string>& arguments) const {
    const workload::ProgramOutcome outcome = workload::run_python_module(module, arguments);
    if (!outcome.started || outcome.code == kNoInterpreter) {
      throw base::UserError(base::Diagnostic{
          {"orrery " + name(), 0, 0},
          "",
          fmt::format("is done by Python, and '{}' is not there", workload::python_interpreter()),
          "a Python interpreter with the packages of python/requirements.txt: scripts/setup makes "
          "it; ORRERY_PYTHON names another",
          ""});
    }
    std::cout << outcome.output;
    if (outcome.code != kSuccess && outcome.code != kUserError) {
      throw base::InternalError(module + " ends in order", outcome.errors);
    }
    std::cerr << outcome.errors;
    return outcome.code;
  }

 private:
  // That of a shell, or of posix_spawn, that finds no program.
  static constexpr int kNoInterpreter = 127;
};

class ReportCommand : public PythonCommand {
 public:
  [[nodiscard]] std::string name() const override { return "report"; }
  [[nodiscard]] std::string help() const override {
    return "Write one HTML file with charts and tables of a result.";
  }

  void define(CLI::App& app) override {
    app.add_option("folder", folder_, "That of a run, a comparison, a sweep or a study.")
        ->required();
    app.add_option("-o,--output", output_, "File to write. Default: report.html in the folder.");
    app.add_flag("--figures", figures_,
                 "Also each chart as PNG and SVG, in the folder figures beside the file. Needs "
                 "Chromium.");
  }

  [[nodiscard]] int execute() override {
    std::vector<std::string> arguments;
    if (!output_.empty()) {
      arguments.push_back("--output=" + output_);
    }
    if (figures_) {
      arguments.emplace_back("--figures");
    }
    arguments.insert(arguments.end(), {"--", folder_});
    return run_module("orrery.reporting", arguments);
  }

 private:
  std::string folder_;
  std::string output_;
  bool figures_ = false;
};

class DiffCommand : public PythonCommand {
 public:
  [[nodiscard]] std::string name() const override { return "diff"; }
  [[nodiscard]] std::string help() const override { return "Explain where two results differ."; }

  void define(CLI::App& app) override {
    app.add_option("before", before_, "Folder of a run, a comparison, a sweep or a study.")
        ->required();
    app.add_option("after", after_, "Another one of the same kind.")->required();
    app.add_option("--most", most_, "Lines of each table. Default: 10.")
        ->check(CLI::Range(1, 1'000'000));
    app.add_flag("--json", json_, "Print everything as JSON.");
  }

  [[nodiscard]] int execute() override {
    std::vector<std::string> arguments;
    if (json_) {
      arguments.emplace_back("--json");
    }
    if (most_ > 0) {
      arguments.push_back(fmt::format("--most={}", most_));
    }
    arguments.insert(arguments.end(), {"--", before_, after_});
    return run_module("orrery.difference", arguments);
  }

 private:
  std::string before_;
  std::string after_;
  int most_ = 0;
  bool json_ = false;
};

}  // namespace

SubcommandPointer make_report_command() {
  return std::make_unique<ReportCommand>();
}

SubcommandPointer make_diff_command() {
  return std::make_unique<DiffCommand>();
}

}  // namespace orrery::cli
