// SPDX-License-Identifier: Apache-2.0
#include "cli/command_reference.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "report/text_table.h"

namespace orrery::cli {
namespace {

using report::Json;

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) {
    names.push_back("--" + name);
  }
  for (const std::string& name : option.get_snames()) {
    names.push_back('-' + name);
  }
  if (names.empty()) {
    names.push_back(option.get_name());
  }
  return names;
}

Json option_json(const CLI::Option& option) {
  Json excluded = Json::array();
  for (const CLI::Option* other : option.get_excludes()) {
    excluded.push_back(other->get_name());
  }
  std::sort(excluded.begin(), excluded.end());
  const bool takes_value = option.get_items_expected_max() > 0;
  return {{"names", names_of(option)},         {"value", takes_value ? option.get_type_name() : ""},
          {"required", option.get_required()}, {"repeated", option.get_items_expected_max() > 1},
          {"excludes", std::move(excluded)},   {"help", option.get_description()}};
}

// A table would not survive a bar in one of its cells.
std::string cell(std::string text) {
  for (std::size_t bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2)) {
    text.insert(bar, 1, '\\');
  }
  return text;
}

std::string markdown_row(const Json& option) {
  std::vector<std::string> names;
  for (const Json& name : option["names"]) {
    names.push_back('`' + name.get<std::string>() + '`');
  }
  std::string meaning = option["help"];
  if (option["required"]) {
    meaning += " Must be given.";
  }
  if (!option["excludes"].empty()) {
    meaning +=
        " Not with " +
        fmt::format("{}", fmt::join(option["excludes"].get<std::vector<std::string>>(), ", ")) +
        '.';
  }
  return fmt::format("| {} | {}{} | {} |\n", fmt::join(names, ", "),
                     option["value"].get<std::string>(), option["repeated"] ? " ..." : "",
                     cell(meaning));
}

}  // namespace

Json commands_json(const CLI::App& program) {
  Json commands = Json::array();
  for (const CLI::App* command : program.get_subcommands({})) {
    Json options = Json::array();
    for (const CLI::Option* option : command->get_options()) {
      options.push_back(option_json(*option));
    }
    commands.push_back({{"name", command->get_name()},
                        {"help", command->get_description()},
                        {"options", std::move(options)}});
  }
  return commands;
}

std::string commands_text(const CLI::App& program) {
  report::TextTable table({{"command", '<'}, {"what it does", '<'}});
  for (const Json& command : commands_json(program)) {
    table.add({command["name"], command["help"]});
  }
  return table.to_string(0);
}

std::string commands_markdown(const CLI::App& program) {
  std::string text =
      "# Commands\n\nEvery subcommand with its arguments and options, written by "
      "`orrery list commands --markdown`. [Command line](cli.md) says how inputs are named and "
      "what "
      "the exit codes mean.\n";
  for (const Json& command : commands_json(program)) {
    text += fmt::format("\n## orrery {}\n\n{}\n\n| option | value | meaning |\n|---|---|---|\n",
                        command["name"].get<std::string>(), command["help"].get<std::string>());
    for (const Json& option : command["options"]) {
      text += markdown_row(option);
    }
  }
  return text;
}

}  // namespace orrery::cli
