// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <new>

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/subcommand.h"
#include "cli/version.h"

namespace orrery::cli {
namespace {

// A diagnostic is one line, whatever was quoted in it.
void print_error(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == '\n' || c == '\r' || (c == ' ' && line.ends_with(' '));
    if (!space) {
      line += c;
    } else if (!line.ends_with(' ')) {
      line += ' ';
    }
  }
  std::cerr << "error: " << line << '\n';
}

// Beyond this many, as when no tensor of a model fits, the rest tells nothing new.
constexpr std::size_t kMostDiagnostics = 25;

void print_diagnostics(const std::vector<base::Diagnostic>& diagnostics) {
  for (std::size_t i = 0; i < diagnostics.size() && i < kMostDiagnostics; ++i) {
    print_error(diagnostics[i].to_string());
  }
  if (diagnostics.size() > kMostDiagnostics) {
    print_error(fmt::format("and {} more", diagnostics.size() - kMostDiagnostics));
  }
}

std::vector<SubcommandPointer> make_subcommands() {
  std::vector<SubcommandPointer> commands;
  commands.push_back(make_run_command());
  commands.push_back(make_compare_command());
  commands.push_back(make_study_command());
  commands.push_back(make_sweep_command());
  commands.push_back(make_report_command());
  commands.push_back(make_diff_command());
  commands.push_back(make_lower_command());
  commands.push_back(make_map_command());
  commands.push_back(make_validate_command());
  commands.push_back(make_describe_command());
  commands.push_back(make_import_command());
  commands.push_back(make_list_command());
  commands.push_back(make_memory_command());
  return commands;
}

std::vector<std::string> names_of(const std::vector<SubcommandPointer>& commands) {
  std::vector<std::string> names;
  for (const SubcommandPointer& command : commands) {
    names.push_back(command->name());
  }
  return names;
}

std::string list(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames()) {
      names.push_back("-" + name);
    }
  }
  return names;
}

std::string program_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : parent->get_name() + ' ' + app.get_name();
}

// What no option took, with the nearest option.
void fail_extras(const CLI::App& subcommand) {
  base::Diagnostics options;
  base::Diagnostics arguments;
  const std::string whose = " of " + program_name(subcommand);
  for (const std::string& extra : subcommand.remaining(true)) {
    const std::string name = extra.substr(0, extra.find('='));
    if (extra.starts_with('-')) {
      options.add({{"", 0, 0},
                   "",
                   "unknown option '" + name + "'" + whose,
                   "",
                   base::nearest_name(name, option_names(subcommand))});
    } else {
      arguments.add({{"", 0, 0}, "", "unexpected argument '" + extra + "'" + whose, "", ""});
    }
  }
  // An argument that is left over is as a rule the value of the unknown option.
  options.throw_if_any();
  arguments.throw_if_any();
}

// CLI11 takes a word that is no subcommand for an argument; say what it should have been.
void check_subcommand(int argc, char** argv, const std::vector<std::string>& names) {
  if (argc < 2) {
    throw base::UserError(
        base::Diagnostic{{"", 0, 0}, "", "no subcommand", list(names) + "; see orrery --help", ""});
  }
  const std::string word = argv[1];
  if (!word.starts_with('-') && std::find(names.begin(), names.end(), word) == names.end()) {
    throw base::UserError(base::Diagnostic{{"", 0, 0},
                                           "",
                                           "unknown subcommand '" + word + "'",
                                           "one of " + list(names),
                                           base::nearest_name(word, names)});
  }
}

int parse_and_execute(int argc, char** argv) {
  const std::vector<SubcommandPointer> commands = make_subcommands();
  CLI::App app("Orrery: where every cycle and every joule of an AI accelerator goes.", "orrery");
  app.set_version_flag("--version", version_text(), "Version and build options.");
  app.set_help_flag("-h,--help", "This help.");
  app.require_subcommand(0, 1);
  std::vector<CLI::App*> parsers;
  for (const SubcommandPointer& command : commands) {
    parsers.push_back(app.add_subcommand(command->name(), command->help()));
    command->define(*parsers.back());
  }
  check_subcommand(argc, argv, names_of(commands));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    for (const CLI::App* parser : parsers) {
      if (parser->parsed()) {
        fail_extras(*parser);
      }
    }
    fail_extras(app);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);  // --help and --version
    }
    throw base::UserError(base::Diagnostic{{"", 0, 0}, "", error.what(), "", ""});
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (parsers[i]->parsed()) {
      return commands[i]->execute();
    }
  }
  return kSuccess;
}

int flush_output(int code) {
  std::cout.flush();
  if (!std::cout && code == kSuccess) {
    print_error("standard output cannot be written");
    return kUserError;
  }
  return code;
}

}  // namespace

int run_program(int argc, char** argv) {
  try {
    return flush_output(parse_and_execute(argc, argv));
  } catch (const base::UserError& error) {
    print_diagnostics(error.diagnostics());
    return kUserError;
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
  } catch (const std::exception& error) {
    print_error(error.what());
  } catch (...) {
    print_error("an exception of unknown type");
  }
  return kInternalError;
}

}  // namespace orrery::cli
