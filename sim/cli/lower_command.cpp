// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/exit_code.h"
#include "cli/scenario.h"
#include "cli/scenario_options.h"
#include "cli/subcommand.h"
#include "command/binary_form.h"
#include "command/text_form.h"
#include "lowering/lowering.h"
#include "report/output_file.h"

namespace orrery::cli {
namespace {

using Writer = void (*)(command::Source&, std::ostream&);

const std::map<std::string, Writer>& writers() {
  static const std::map<std::string, Writer> kWriters{{"text", command::write_text},
                                                      {"binary", command::write_binary}};
  return kWriters;
}

// Writes the command stream of a workload on a platform.
class LowerCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "lower"; }
  [[nodiscard]] std::string help() const override {
    return "Write the command stream of a workload on a platform; nothing is simulated.";
  }

  void define(CLI::App& app) override {
    define_scenario_options(app, request_);
    app.add_option("--dataflow", request_.dataflow, "os, ws or is, for every array.");
    app.add_option("-o,--output", output_, "The file. Default: standard output.");
    app.add_option("--format", format_, "text (the default) or binary.")
        ->check(CLI::Validator(
            [](const std::string& text) {
              return writers().contains(text) ? std::string()
                                              : "found '" + text + "'; expected text or binary";
            },
            ""));
    app.add_flag("--loops", loops_, "Write the loop nest of each layer instead.");
  }

  [[nodiscard]] int execute() override {
    require_scenario(request_);
    const Scenario scenario = load_scenario(request_);
    const std::shared_ptr<const lowering::Plan> plan = scenario.plan();
    if (output_.empty()) {
      write(plan, std::cout);
      return kSuccess;
    }
    report::OutputFile file(output_);
    write(plan, file.stream());
    file.publish();
    return kSuccess;
  }

 private:
  void write(const std::shared_ptr<const lowering::Plan>& plan, std::ostream& out) const {
    if (loops_) {
      out << loop_nests(*plan);
      return;
    }
    lowering::LoweredStream stream(plan);
    writers().at(format_)(stream, out);
  }

  ScenarioRequest request_;
  std::string output_;
  std::string format_ = "text";
  bool loops_ = false;
};

}  // namespace

SubcommandPointer make_lower_command() {
  return std::make_unique<LowerCommand>();
}

}  // namespace orrery::cli
