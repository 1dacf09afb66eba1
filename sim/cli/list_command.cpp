// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <map>

#include "base/error.h"
#include "base/rational.h"
#include "cli/command_reference.h"
#include "cli/exit_code.h"
#include "cli/json_schema.h"
#include "cli/parameter_reference.h"
#include "cli/subcommand.h"
#include "hardware/engine_config.h"
#include "memory/specification/spec_schema.h"
#include "numeric/element_type.h"
#include "report/format.h"
#include "report/text_table.h"
#include "scenario/config_search.h"
#include "sweep/expansion.h"
#include "sweep/study.h"
#include "workload/graph_description.h"
#include "workload/operator_kinds.h"
#include "workload/workload.h"

namespace orrery::cli {
namespace {

using report::Json;
using report::TextTable;

// What can be listed: the same data as JSON, as text and, of a generated page, as Markdown.
struct Listing {
  std::string name;
  std::function<Json()> json;
  std::function<std::string()> text;
  std::function<std::string()> markdown = nullptr;
};

Json engines_json() {
  Json json = Json::array();
  for (const auto& kind : hardware::engine_kinds()) {
    json.push_back({{"kind", kind.name}, {"help", kind.description->help}});
  }
  return json;
}

std::string engines_text() {
  TextTable table({{"kind", '<'}, {"what it is", '<', 78}});
  for (const Json& engine : engines_json()) {
    table.add({engine["kind"], engine["help"]});
  }
  return table.to_string(0);
}

Json operators_json() {
  Json json = Json::array();
  for (const workload::OperatorKind& kind : workload::operator_kinds()) {
    json.push_back({{"kind", kind.name},
                    {"functions", kind.functions},
                    {"formula", kind.formula},
                    {"macs", kind.macs}});
  }
  return json;
}

std::string operators_text() {
  std::string text;
  for (const workload::OperatorKind& kind : workload::operator_kinds()) {
    text += fmt::format("{}\n  {}\n", kind.name, kind.formula);
    if (!kind.functions.empty()) {
      text += fmt::format("  functions: {}\n", kind.functions);
    }
    text += fmt::format("  MACs: {}\n", kind.macs);
  }
  return text;
}

Json dram_json() {
  Json json = Json::array();
  for (const auto& [name, path] : scenario::shipped_files(scenario::FileFamily::kDram)) {
    const memory::dram::Spec spec = memory::dram::load_spec(path);
    const double tck_seconds = base::to_double(spec.tck) * 1e-15;
    json.push_back(
        {{"name", name},
         {"standard", spec.name},
         {"clock_period_fs", base::to_string(spec.tck)},
         {"banks", spec.banks()},
         {"rows", spec.rows},
         {"row_bytes", spec.columns * spec.access_bytes},
         {"access_bytes", spec.access_bytes},
         {"capacity_bytes", spec.capacity_bytes()},
         {"peak_bytes_per_second", static_cast<double>(spec.data_buses() * spec.access_bytes) /
                                       (static_cast<double>(spec.burst_cycles) * tck_seconds)}});
  }
  return json;
}

std::string dram_text() {
  TextTable table(
      {{"name", '<'}, {"standard", '<'}, {"banks"}, {"row"}, {"burst"}, {"channel"}, {"peak"}});
  for (const Json& spec : dram_json()) {
    table.add({spec["name"], spec["standard"], std::to_string(spec["banks"].get<int>()),
               report::format_bytes(spec["row_bytes"]), report::format_bytes(spec["access_bytes"]),
               report::format_bytes(spec["capacity_bytes"]),
               report::format_si(spec["peak_bytes_per_second"], "B/s")});
  }
  return table.to_string(0);
}

Json models_json() {
  Json json = Json::array();
  for (const auto& [name, path] : scenario::shipped_files(scenario::FileFamily::kWorkload)) {
    // Requests and single layers lie in folders of their own.
    if (path.parent_path().filename() != "models") {
      continue;
    }
    const workload::GraphDescription model =
        workload::describe(workload::load_workload(path).graph);
    json.push_back({{"name", name},
                    {"parameters", model.total.parameters},
                    {"macs", model.total.macs},
                    {"weight_bytes", model.resident_weight_bytes},
                    {"cache_bytes_per_token", model.cache_bytes_per_token}});
  }
  return json;
}

std::string models_text() {
  TextTable table({{"name", '<'}, {"parameters"}, {"MACs"}, {"weights"}, {"cache per token"}});
  for (const Json& model : models_json()) {
    table.add({model["name"], report::format_count(model["parameters"]),
               report::format_si(model["macs"], ""), report::format_bytes(model["weight_bytes"]),
               report::format_bytes(model["cache_bytes_per_token"])});
  }
  return table.to_string(0);
}

Json points_json(scenario::FileFamily family) {
  Json json = Json::array();
  for (const auto& [name, path] : scenario::shipped_files(family)) {
    const sweep::Study study = sweep::load_study(path);
    json.push_back({{"name", name},
                    {"title", study.title},
                    {"points", sweep::expand(study, false).size()},
                    {"quick_points", sweep::expand(study, true).size()}});
  }
  return json;
}

Json studies_json() {
  return points_json(scenario::FileFamily::kStudy);
}

Json sweeps_json() {
  return points_json(scenario::FileFamily::kSweep);
}

std::string points_text(scenario::FileFamily family) {
  TextTable table({{"name", '<'}, {"points"}, {"quick"}, {"what it shows", '<', 78}});
  for (const Json& study : points_json(family)) {
    table.add({study["name"], std::to_string(study["points"].get<std::size_t>()),
               std::to_string(study["quick_points"].get<std::size_t>()), study["title"]});
  }
  return table.to_string(0);
}

std::string studies_text() {
  return points_text(scenario::FileFamily::kStudy);
}

std::string sweeps_text() {
  return points_text(scenario::FileFamily::kSweep);
}

Json types_json() {
  Json json = Json::array();
  for (const numeric::ElementTypeInfo& type : numeric::element_types()) {
    json.push_back({{"number", static_cast<int>(type.type)},
                    {"name", type.name},
                    {"bits_per_element", base::to_double(numeric::bits_per_element(type.type))},
                    {"code_bits", type.format.bits},
                    {"block_elements", numeric::block_elements(type.type)},
                    {"granule", numeric::granule(type.type)}});
  }
  return json;
}

std::string types_text() {
  TextTable table({{"number", '>'},
                   {"type", '<'},
                   {"bits per element", '>'},
                   {"of its code", '>'},
                   {"block", '>'},
                   {"granule", '>'}});
  for (const Json& type : types_json()) {
    table.add({type["number"].dump(), type["name"], type["bits_per_element"].dump(),
               type["code_bits"].dump(), type["block_elements"].dump(), type["granule"].dump()});
  }
  return table.to_string(0);
}

std::vector<Listing> listings_of(const CLI::App& program) {
  return {{"commands", [&] { return commands_json(program); },
           [&] { return commands_text(program); }, [&] { return commands_markdown(program); }},
          {"engines", engines_json, engines_text},
          {"dram", dram_json, dram_text},
          {"models", models_json, models_text},
          {"operators", operators_json, operators_text},
          {"parameters", parameters_json, parameters_text, parameters_markdown},
          {"studies", studies_json, studies_text},
          {"sweeps", sweeps_json, sweeps_text},
          {"types", types_json, types_text}};
}

// What this build knows.
class ListCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "list"; }
  [[nodiscard]] std::string help() const override {
    return "List what this build knows: commands, engines, dram, models, operators, parameters, "
           "studies, sweeps, types.";
  }

  void define(CLI::App& app) override {
    listings_ = listings_of(*app.get_parent());
    app.add_option("what", what_,
                   "commands, engines, dram, models, operators, parameters, studies, sweeps or "
                   "types.")
        ->required();
    CLI::Option* json = app.add_flag("--json", json_, "Print JSON.");
    CLI::Option* markdown =
        app.add_flag("--markdown", markdown_,
                     "With parameters and commands: print their page of the documentation.")
            ->excludes(json);
    app.add_option(
           "--json-schema", schema_,
           "With parameters: print the JSON Schema of platform, workload, mapping or study files.")
        ->excludes(json)
        ->excludes(markdown);
  }

  [[nodiscard]] int execute() override {
    const Listing& listing = chosen();
    if (markdown_ && !listing.markdown) {
      fail("--markdown belongs to the lists of parameters and commands", "list parameters", "");
    }
    if (!schema_.empty() && listing.name != "parameters") {
      fail("--json-schema belongs to the list of parameters", "list parameters", "");
    }
    if (!schema_.empty()) {
      std::cout << report::write_json(json_schema(chosen_root()));
    } else if (markdown_) {
      std::cout << listing.markdown();
    } else {
      std::cout << (json_ ? report::write_json(listing.json()) : listing.text());
    }
    return kSuccess;
  }

 private:
  [[noreturn]] static void fail(std::string message, std::string expected, std::string suggestion) {
    throw base::UserError(base::Diagnostic{
        {"", 0, 0}, "", std::move(message), std::move(expected), std::move(suggestion)});
  }

  // The entry of a table with this name.
  template <class Entry>
  static const Entry& find(const std::vector<Entry>& entries, const std::string& name,
                           const std::string& what) {
    std::vector<std::string> names;
    for (const Entry& entry : entries) {
      if (entry.name == name) {
        return entry;
      }
      names.push_back(entry.name);
    }
    fail(what + " '" + name + "'", fmt::format("one of {}", fmt::join(names, ", ")),
         base::nearest_name(name, names));
  }

  [[nodiscard]] const Listing& chosen() const {
    return find(listings_, what_, "there is no list of");
  }
  [[nodiscard]] const ParameterRoot& chosen_root() const {
    return find(parameter_roots(), schema_, "--json-schema: there is no schema of");
  }

  std::vector<Listing> listings_;
  std::string what_;
  std::string schema_;
  bool json_ = false;
  bool markdown_ = false;
};

}  // namespace

SubcommandPointer make_list_command() {
  return std::make_unique<ListCommand>();
}

}  // namespace orrery::cli
