// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>

#include "cli/exit_code.h"
#include "cli/subcommand.h"
#include "config/yaml.h"
#include "report/output_file.h"
#include "scenario/coverage.h"
#include "workload/graph_description.h"
#include "workload/onnx_importer.h"
#include "workload/workload.h"

namespace orrery::cli {
namespace {

// "N=V"; a name may hold "=", a size does not.
std::pair<std::string, std::int64_t> parse_dimension(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  std::int64_t size = 0;
  const char* begin = text.data() + (equals == std::string::npos ? text.size() : equals + 1);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), size);
  if (equals == std::string::npos || equals == 0 || error != std::errc() ||
      end != text.data() + text.size() || size < 1) {
    throw base::UserError(base::Diagnostic{{"--dim " + text, 0, 0},
                                           "",
                                           "not the size of a dimension",
                                           "NAME=SIZE, as in batch=1",
                                           ""});
  }
  return {text.substr(0, equals), size};
}

// A model of another program as a workload file.
class ImportCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "import"; }
  [[nodiscard]] std::string help() const override {
    return "Write an ONNX model as a workload file, and say what the import covers.";
  }

  void define(CLI::App& app) override {
    app.add_option("model", file_, "ONNX model; its weights may be missing.")->required();
    app.add_option("--dim", dimensions_, "NAME=SIZE: a free dimension of the model. Once for each.")
        ->allow_extra_args(false);
    app.add_option("--ignore", ignore_,
                   "Name of a node or an operator to leave out. Once for each.")
        ->allow_extra_args(false);
    app.add_option("-o,--output", output_,
                   "Workload file to write. Default: it is printed, and nothing else.");
  }

  [[nodiscard]] int execute() override {
    base::Diagnostics diagnostics;
    workload::OnnxRequest request{file_, {}, ignore_};
    for (const std::string& text : dimensions_) {
      try {
        request.dimensions.push_back(parse_dimension(text));
      } catch (const base::UserError& error) {
        diagnostics.add(error.diagnostics().front());
      }
    }
    diagnostics.throw_if_any();
    const std::string text = workload::import_onnx(request);
    // What was imported must also be a workload: nothing is written otherwise.
    const workload::Workload workload = workload::make_workload(
        config::parse_yaml(text, file_ + " (imported)"), request.file.stem().string());
    if (output_.empty()) {
      std::cout << text;
      return kSuccess;
    }
    report::OutputFile output(output_);
    output.stream() << text;
    output.publish();
    std::cout << scenario::coverage_text(workload, workload::describe(workload.graph));
    return kSuccess;
  }

 private:
  std::string file_;
  std::vector<std::string> dimensions_;
  std::vector<std::string> ignore_;
  std::string output_;
};

}  // namespace

SubcommandPointer make_import_command() {
  return std::make_unique<ImportCommand>();
}

}  // namespace orrery::cli
