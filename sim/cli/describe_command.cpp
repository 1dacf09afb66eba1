// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/exit_code.h"
#include "cli/subcommand.h"
#include "config/document.h"
#include "report/format.h"
#include "report/json.h"
#include "report/text_table.h"
#include "scenario/config_search.h"
#include "scenario/coverage.h"
#include "workload/graph_description.h"
#include "workload/workload.h"

namespace orrery::cli {
namespace {

using workload::GraphDescription;
using workload::OperatorDescription;

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

report::Json numbers_json(const OperatorDescription& line) {
  return {{"parameters", line.parameters},
          {"macs", line.macs},
          {"weight_bytes", line.weight_bytes},
          {"cache_bytes", line.cache_bytes},
          {"input_bytes", line.input_bytes},
          {"output_bytes", line.output_bytes},
          {"bytes", line.bytes()},
          {"macs_per_byte", line.bytes() == 0 ? 0.0 : line.intensity()}};
}

report::Json origin_json(const workload::Origin& origin) {
  report::Json operators = report::Json::object();
  for (const auto& [name, count] : origin.operators) {
    operators[name] = count;
  }
  return {{"format", origin.format},         {"file", origin.file},       {"nodes", origin.nodes},
          {"parameters", origin.parameters}, {"lowered", origin.lowered}, {"fused", origin.fused},
          {"views", origin.views},           {"folded", origin.folded},   {"unused", origin.unused},
          {"ignored", origin.ignored},       {"operators", operators}};
}

report::Json mixture_json(const workload::MixtureSummary& mixture) {
  return {{"name", mixture.name},
          {"tokens", mixture.tokens},
          {"experts_per_token", mixture.experts_per_token},
          {"experts_touched", mixture.experts_touched()},
          {"dropped", mixture.dropped},
          {"zero", mixture.zero},
          {"copy", mixture.copy},
          {"constant", mixture.constant},
          {"tokens_per_expert", mixture.tokens_per_expert}};
}

report::Json description_json(const workload::Workload& workload, const GraphDescription& graph) {
  report::Json json{{"schema", "orrery-description-1"},
                    {"workload", workload.name},
                    {"kind", workload.kind},
                    {"resident_weight_bytes", graph.resident_weight_bytes},
                    {"resident_cache_bytes", graph.resident_cache_bytes},
                    {"cache_bytes_per_token", graph.cache_bytes_per_token},
                    {"idle_parameters", graph.idle_parameters},
                    {"total", numbers_json(graph.total)},
                    {"notes", workload.graph.notes},
                    {"experts", report::Json::array()},
                    {"operators", report::Json::array()}};
  if (workload.origin) {
    json["origin"] = origin_json(*workload.origin);
  }
  for (const workload::MixtureSummary& mixture : workload.graph.mixtures) {
    json["experts"].push_back(mixture_json(mixture));
  }
  for (const OperatorDescription& line : graph.operators) {
    report::Json item{{"name", line.name},
                      {"kind", line.kind},
                      {"input_shapes", line.input_shapes},
                      {"output_shape", line.output_shape}};
    item.update(numbers_json(line));
    json["operators"].push_back(std::move(item));
  }
  return json;
}

std::vector<std::string> table_row(const OperatorDescription& line) {
  const bool works = line.macs > 0 && line.bytes() > 0;
  return {line.name,
          line.kind,
          shape_text(line.output_shape),
          line.parameters == 0 ? "" : report::format_count(line.parameters),
          line.macs == 0 ? "" : report::format_si(static_cast<double>(line.macs), ""),
          report::format_bytes(line.bytes()),
          works ? fmt::format("{:.4g}", line.intensity()) : ""};
}

std::string description_text(const workload::Workload& workload, const GraphDescription& graph) {
  report::TextTable table({{"operator", '<', 34},
                           {"kind", '<', 22},
                           {"output", '<'},
                           {"parameters"},
                           {"MACs"},
                           {"bytes"},
                           {"MACs/byte"}});
  for (const OperatorDescription& line : graph.operators) {
    table.add(table_row(line));
  }
  table.add(table_row(graph.total));
  std::string text = fmt::format("{} ({}), {} operators\n\n", workload.name, workload.kind,
                                 graph.operators.size()) +
                     table.to_string();
  text += fmt::format("\n  weights in memory     {}\n",
                      report::format_bytes(graph.resident_weight_bytes));
  if (graph.resident_cache_bytes > 0) {
    text += fmt::format("  key-value cache       {}, {} for each token\n",
                        report::format_bytes(graph.resident_cache_bytes),
                        report::format_bytes(graph.cache_bytes_per_token));
  }
  if (graph.idle_parameters > 0) {
    text +=
        fmt::format("  idle parameters       {}\n", report::format_count(graph.idle_parameters));
  }
  for (const workload::MixtureSummary& mixture : workload.graph.mixtures) {
    text += fmt::format("  {}\n", workload::summary_text(mixture));
  }
  for (const std::string& note : workload.graph.notes) {
    text += fmt::format("  {}\n", note);
  }
  const std::string coverage = scenario::coverage_text(workload, graph);
  return text + (coverage.empty() ? "" : '\n' + coverage);
}

// What a workload consists of; nothing is simulated.
class DescribeCommand : public Subcommand {
 public:
  [[nodiscard]] std::string name() const override { return "describe"; }
  [[nodiscard]] std::string help() const override {
    return "List the operators of a workload with shapes, parameters, MACs and bytes.";
  }

  void define(CLI::App& app) override {
    app.add_option("workload", file_, "Workload file, or the name of a shipped workload.")
        ->required();
    app.add_option("--set", set_, "path=value: replaces a parameter, as in workload.batch=8.")
        ->allow_extra_args(false);
    app.add_flag("--json", json_, "Print JSON.");
  }

  [[nodiscard]] int execute() override {
    std::vector<config::Override> overrides;
    for (const std::string& text : set_) {
      overrides.push_back(config::parse_override(text));
      if (!overrides.back().path.starts_with("workload.")) {
        throw base::UserError(base::Diagnostic{
            overrides.back().value.where(), overrides.back().path, "describe reads only a workload",
            "a path that begins with workload.", ""});
      }
    }
    const workload::Workload workload = workload::load_workload(
        scenario::find_config(scenario::FileFamily::kWorkload, file_, "workload"), overrides);
    const GraphDescription graph = workload::describe(workload.graph);
    std::cout << (json_ ? report::write_json(description_json(workload, graph))
                        : description_text(workload, graph));
    return kSuccess;
  }

 private:
  std::string file_;
  std::vector<std::string> set_;
  bool json_ = false;
};

}  // namespace

SubcommandPointer make_describe_command() {
  return std::make_unique<DescribeCommand>();
}

}  // namespace orrery::cli
