// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/memory_report.h"
#include "cli/memory_scenario.h"
#include "cli/memory_timeline.h"
#include "cli/subcommand.h"
#include "memory/trace/check_output.h"
#include "memory/trace/log_output.h"
#include "memory/trace/trace_run.h"
#include "memory/trace/vcd_output.h"
#include "report/output_file.h"
#include "report/output_folder.h"

namespace orrery::cli {
namespace {

using memory::trace::Pacing;
using memory::trace::TraceOutput;

// One file of the run: the stream that its writer sees, compressed where the name ends in ".gz".
class RunFile {
 public:
  explicit RunFile(const std::string& path) : file_(path) {
    if (path.ends_with(".gz")) {
      packed_.emplace();
      packed_->push(boost::iostreams::gzip_compressor());  // its defaults: no name, time stamp 0
      packed_->push(file_.stream());
    }
  }

  [[nodiscard]] std::ostream& stream() {
    return packed_ ? static_cast<std::ostream&>(*packed_) : file_.stream();
  }
  void publish() {
    packed_.reset();
    file_.publish();
  }

 private:
  report::OutputFile file_;
  std::optional<boost::iostreams::filtering_ostream> packed_;
};

// Runs a trace of addresses on channels of one DRAM standard.
class MemoryCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "memory"; }
  [[nodiscard]] std::string help() const override {
    return "Run a trace of addresses on a DRAM standard.";
  }

  void define(CLI::App& app) override {
    app.add_option("spec", request_.spec, "DRAM standard: a file, or the name of a shipped one.")
        ->required();
    app.add_option("trace", request_.trace,
                   "Lines of `address R|W [cycle]`, plain or compressed by gzip.")
        ->required();
    app.add_option("--channels", request_.channels, "Channels. Default: 1.");
    app.add_option("--interleave", request_.interleave,
                   "Bytes on one channel before the next one's turn. Default: 256.");
    app.add_option("--request-bytes", request_.request_bytes,
                   "Bytes of a request. Default: one burst.");
    app.add_option("--controller", request_.controller,
                   "File of the controller's parameters. Default: theirs.");
    app.add_option("--set", request_.set,
                   "path=value: replaces a parameter, as in controller.page_policy=closed or "
                   "spec.timing.nRFC=420. Once for each parameter.")
        ->allow_extra_args(false);
    CLI::Option* at_cycle = app.add_flag("--at-cycle", at_cycle_,
                                         "Every request has a cycle and is not offered before.");
    app.add_flag("--closed-loop", closed_loop_,
                 "Requests are offered one a cycle, whatever cycles the trace gives.")
        ->excludes(at_cycle);
    app.add_option("-o,--output", output_, "Folder for memory.json and resolved.yaml.");
    app.add_option("--log", log_, "File for the command log.");
    app.add_option("--timeline", timeline_, "File for a timeline of the banks, for Perfetto.");
    app.add_option("--vcd", vcd_, "File for the states of the banks as a value change dump.");
    app.add_flag("--check", check_,
                 "Check every command against the standard and the controller's policies.");
    app.add_flag("--json", json_, "Print memory.json instead of the summary.");
  }

  [[nodiscard]] int execute() override {
    request_.pacing = at_cycle_      ? Pacing::kAtCycle
                      : closed_loop_ ? Pacing::kClosedLoop
                                     : Pacing::kByTrace;
    const MemoryScenario scenario = load_memory_scenario(request_);
    memory::trace::TraceReader reader(scenario.trace, scenario.limits(), request_.pacing);
    std::optional<report::OutputFolder> folder;
    if (!output_.empty()) {
      folder.emplace(output_);
    }
    open_outputs(scenario);
    const memory::trace::TraceResult result = run(scenario, reader);
    for (const auto& file : files_) {
      file->publish();
    }
    if (folder) {
      folder->write("memory.json", report::write_json(memory_json(scenario, result, checker_)));
      folder->write("resolved.yaml", scenario.resolved);
      folder->publish();
    }
    std::cout << (json_ ? report::write_json(memory_json(scenario, result, checker_))
                        : memory_summary(scenario, result, checker_));
    return verdict(result);
  }

 private:
  std::ostream& open(const std::string& path) {
    files_.push_back(std::make_unique<RunFile>(path));
    return files_.back()->stream();
  }

  void open_outputs(const MemoryScenario& scenario) {
    if (!log_.empty()) {
      outputs_.push_back(std::make_unique<memory::trace::LogOutput>(
          scenario.spec, scenario.options.controller, open(log_)));
    }
    if (!timeline_.empty()) {
      outputs_.push_back(std::make_unique<MemoryTimeline>(scenario.spec, open(timeline_)));
    }
    if (!vcd_.empty()) {
      outputs_.push_back(std::make_unique<memory::trace::VcdOutput>(
          scenario.spec, static_cast<int>(scenario.options.channels), open(vcd_)));
    }
    if (check_) {
      auto checker =
          std::make_unique<memory::trace::CheckOutput>(scenario.spec, scenario.options.controller);
      checker_ = checker.get();
      outputs_.push_back(std::move(checker));
    }
  }

  memory::trace::TraceResult run(const MemoryScenario& scenario,
                                 memory::trace::TraceReader& reader) const {
    const InterruptGuard guard;
    std::vector<TraceOutput*> outputs;
    for (const auto& output : outputs_) {
      outputs.push_back(output.get());
    }
    return run_trace(scenario.spec, scenario.options, reader, outputs,
                     [&guard] { return guard.flag().load(); });
  }

  [[nodiscard]] int verdict(const memory::trace::TraceResult& result) const {
    if (checker_ != nullptr && checker_->findings().total() != 0) {
      std::cerr << "error: the check found mistakes of the controller:\n"
                << checker_->findings().to_string();
      return kInvariantBroken;
    }
    return result.interrupted ? kInterrupted : kSuccess;
  }

  MemoryRequest request_;
  std::string output_;
  std::string log_;
  std::string timeline_;
  std::string vcd_;
  bool at_cycle_ = false;
  bool closed_loop_ = false;
  bool check_ = false;
  bool json_ = false;
  // The outputs write to the files, so they end first.
  std::vector<std::unique_ptr<RunFile>> files_;
  std::vector<std::unique_ptr<TraceOutput>> outputs_;
  const memory::trace::CheckOutput* checker_ = nullptr;  // of outputs_, with --check
};

}  // namespace

SubcommandPointer make_memory_command() {
  return std::make_unique<MemoryCommand>();
}

}  // namespace orrery::cli
