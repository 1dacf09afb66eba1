// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "cli/cluster.h"
#include "cli/exit_code.h"
#include "cli/scenario_options.h"
#include "cli/study_run.h"
#include "cli/subcommand.h"
#include "report/output_folder.h"
#include "scenario/config_search.h"
#include "sweep/exports.h"
#include "sweep/worker_pool.h"
#include "workload/python.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStoreFile = "store.sqlite";
constexpr const char* kExportModule = "orrery.studies.exports";

// Runs the points of a study or a sweep, and puts their figures together.
class StudyCommand : public Subcommand {
 public:
  // `name` is that of the subcommand, of its files, and of what it runs.
  StudyCommand(std::string name, std::string help, scenario::FileFamily family)
      : name_(std::move(name)), help_(std::move(help)), family_(family) {}

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string help() const override { return help_; }

  void define(CLI::App& app) override {
    app.add_option(name_, study_, fmt::format("A file, or the name of a shipped {}.", name_))
        ->required();
    app.add_option("-o,--output", output_,
                   "Folder for the store and the results. Default: out/NAME.");
    CLI::Option* jobs = app.add_option("-j,--jobs", jobs_, "Worker processes. Default: one a core.")
                            ->check(CLI::Range(1, 1024));
    app.add_option("--cluster", cluster_,
                   "Run the points on the workers of the Dask scheduler at this address, "
                   "tcp://HOST:PORT.")
        ->excludes(jobs);
    app.add_flag("--quick", quick_, "Only the points that the file marks as quick.");
    app.add_flag("--retry", options_.retry, "Run points again that have failed.");
    define_limit_option(app, options_.limit_seconds,
                        "Stop a point after this time on the host; it has failed then.");
    app.add_option("--limit-mebibytes", limit_mebibytes_,
                   "A point that takes more memory on the host has failed. Default: that of the "
                   "machine, or of the Dask worker, over the points that it runs at once.")
        ->check(CLI::Range(1, 1 << 30));
    app.add_flag("--no-figures", no_figures_, "Draw nothing.");
    app.add_flag("--json", json_, "Print the figures as JSON instead of tables.");
  }

  [[nodiscard]] int execute() override {
    const sweep::Study study = sweep::load_study(scenario::find_config(family_, study_, name_));
    base::Diagnostics diagnostics;
    const sweep::FigureSet figures(study, diagnostics);
    diagnostics.throw_if_any();
    std::vector<sweep::Point> points = sweep::expand(study, quick_);
    const std::vector<scenario::StudyPoint> prepared = scenario::prepare_points(study, points);
    report::OutputFolder folder(output_folder(study));
    sweep::Store store(folder.path() / kStoreFile, study.name);
    options_.workers = jobs_ > 0 ? jobs_ : sweep::available_cores();
    if (limit_mebibytes_ > 0) {
      options_.limit_bytes = limit_mebibytes_ << 20;
    } else if (cluster_.empty()) {
      options_.limit_bytes = sweep::available_memory() / options_.workers;
    }
    const std::unique_ptr<Cluster> cluster =
        cluster_.empty() ? nullptr : std::make_unique<Cluster>(cluster_);
    options_.cluster = cluster ? &cluster->channel() : nullptr;
    StudyRun run = run_study({study, figures, points, prepared}, store, options_);
    if (run.interrupted) {
      std::cerr << fmt::format("error: interrupted after {} points; the same command goes on\n",
                               run.simulated);
      return kInterrupted;
    }
    const sweep::Findings findings(study, figures, quick_, std::move(points),
                                   std::move(run.outcomes));
    publish(findings, folder);
    print(findings, run, folder.path());
    return findings.count(sweep::PointStatus::kFailed) == 0 ? kSuccess : kPointsFailed;
  }

 private:
  [[nodiscard]] fs::path output_folder(const sweep::Study& study) const {
    if (!output_.empty()) {
      return output_;
    }
    std::error_code ignored;  // OutputFolder says what is wrong
    fs::create_directory("out", ignored);
    return fs::path("out") / study.name;
  }

  void publish(const sweep::Findings& findings, report::OutputFolder& folder) const {
    folder.write(name_ + ".json", report::write_json(sweep::study_json(findings)));
    folder.write("results.csv", sweep::results_csv(findings));
    folder.write(name_ + ".md", sweep::study_markdown(findings));
    folder.remove("results.parquet");  // of an earlier run; Python writes that of this one
    folder.publish();
  }

  void print(const sweep::Findings& findings, const StudyRun& run, const fs::path& folder) const {
    const std::string missing = export_more(findings.study, folder);
    if (json_) {
      std::cout << report::write_json(sweep::study_json(findings));
      std::cerr << missing;
      return;
    }
    std::cout << sweep::study_markdown(findings)
              << fmt::format(
                     "\n{} points, {} of them run now: {} done, {} not applicable, {} "
                     "failed. {}\n",
                     findings.points.size(), run.simulated,
                     findings.count(sweep::PointStatus::kDone),
                     findings.count(sweep::PointStatus::kNotApplicable),
                     findings.count(sweep::PointStatus::kFailed), folder.string())
              << missing;
  }

  // Writes what needs Python; a line for each file that says why, where that is not possible.
  [[nodiscard]] std::string export_more(const sweep::Study& study, const fs::path& folder) const {
    const bool figures = !no_figures_ && !study.plots.empty();
    std::vector<std::string> arguments{(folder / (name_ + ".json")).string(), "parquet"};
    if (figures) {
      arguments.emplace_back("figures");
    }
    const workload::ProgramOutcome outcome = workload::run_python_module(kExportModule, arguments);
    if (outcome.started && outcome.code == 0) {
      return outcome.output;
    }
    // The last line of a traceback says what is missing.
    std::string reason = outcome.started ? outcome.errors : "Python cannot be started";
    while (!reason.empty() && reason.back() == '\n') {
      reason.pop_back();
    }
    reason = reason.substr(reason.rfind('\n') + 1);
    reason = (reason.empty() ? "Python failed" : reason) + '\n';
    return "No results.parquet was written: " + reason +
           (figures ? "No figures were drawn: " + reason : std::string());
  }

  std::string name_;
  std::string help_;
  scenario::FileFamily family_;
  std::string study_;
  std::string output_;
  std::size_t jobs_ = 0;
  std::string cluster_;
  std::uint64_t limit_mebibytes_ = 0;
  bool quick_ = false;
  bool no_figures_ = false;
  bool json_ = false;
  StudyRunOptions options_;
};

}  // namespace

SubcommandPointer make_study_command() {
  return std::make_unique<StudyCommand>(
      "study",
      "Run a study: many points in parallel, resumed where it was stopped; published figures "
      "beside ours.",
      scenario::FileFamily::kStudy);
}

SubcommandPointer make_sweep_command() {
  return std::make_unique<StudyCommand>(
      "sweep",
      "Run a sweep: every combination of its parameters, in parallel, resumed where it was "
      "stopped; the best points.",
      scenario::FileFamily::kSweep);
}

}  // namespace orrery::cli
