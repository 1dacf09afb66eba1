// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/file_kinds.h"
#include "cli/subcommand.h"

namespace orrery::cli {
namespace {

// Checks files without running anything.
class ValidateCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "validate"; }
  [[nodiscard]] std::string help() const override {
    return "Check platforms, workloads, mappings and the other files; their content tells which is "
           "which.";
  }

  void define(CLI::App& app) override { app.add_option("files", files_, "The files.")->required(); }

  [[nodiscard]] int execute() override {
    base::Diagnostics diagnostics;
    for (const std::string& file : files_) {
      try {
        const std::string kind = validate_file(file);
        std::cout << "OK " << file << " (" << kind << ")\n";
      } catch (const base::UserError& error) {
        for (const base::Diagnostic& diagnostic : error.diagnostics()) {
          diagnostics.add(diagnostic);
        }
      }
    }
    diagnostics.throw_if_any();
    return kSuccess;
  }

 private:
  std::vector<std::string> files_;
};

}  // namespace

SubcommandPointer make_validate_command() {
  return std::make_unique<ValidateCommand>();
}

}  // namespace orrery::cli
