// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace orrery::cli {

// One word after `orrery`.
class Subcommand {
 public:
  virtual ~Subcommand() = default;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string help() const = 0;
  // Declares the options, bound to members. Lives as long as `app`.
  virtual void define(CLI::App& app) = 0;
  // Called once, after the command line was parsed. Returns an ExitCode; throws base::UserError.
  [[nodiscard]] virtual int execute() = 0;
};

using SubcommandPointer = std::unique_ptr<Subcommand>;

[[nodiscard]] SubcommandPointer make_run_command();
[[nodiscard]] SubcommandPointer make_compare_command();
[[nodiscard]] SubcommandPointer make_study_command();
[[nodiscard]] SubcommandPointer make_sweep_command();
[[nodiscard]] SubcommandPointer make_lower_command();
[[nodiscard]] SubcommandPointer make_map_command();
[[nodiscard]] SubcommandPointer make_validate_command();
[[nodiscard]] SubcommandPointer make_describe_command();
[[nodiscard]] SubcommandPointer make_diff_command();
[[nodiscard]] SubcommandPointer make_import_command();
[[nodiscard]] SubcommandPointer make_list_command();
[[nodiscard]] SubcommandPointer make_memory_command();
[[nodiscard]] SubcommandPointer make_report_command();

}  // namespace orrery::cli
