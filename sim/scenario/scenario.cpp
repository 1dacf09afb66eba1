// SPDX-License-Identifier: Apache-2.0
#include "scenario/scenario.h"

#include <algorithm>
#include <set>

#include "base/collect_mistakes.h"
#include "config/yaml.h"
#include "lowering/with_tables.h"
#include "report/hash.h"
#include "scenario/config_search.h"

namespace orrery::scenario {
namespace {

using config::Node;
using config::Override;

constexpr const char* kResolvedSchema = "orrery-resolved-1";

Override option_override(const std::string& option, const std::string& value,
                         const std::string& path) {
  return {path, Node::scalar(value, {option + ' ' + value, 0, 0})};
}

void check_root(const Override& change, const std::vector<std::string>& roots) {
  const std::string root = change.path.substr(0, change.path.find('.'));
  if (root != change.path && std::find(roots.begin(), roots.end(), root) != roots.end()) {
    return;
  }
  std::string expected = "a path that begins with ";
  for (const std::string& name : roots) {
    expected += (name == roots.front() ? "" : ", ") + name + '.';
  }
  throw base::UserError(base::Diagnostic{change.value.where(), change.path,
                                         "'" + root + "' names no part of the configuration",
                                         expected, base::nearest_name(root, roots)});
}

std::vector<Override> parse_overrides(const ScenarioRequest& request,
                                      const std::vector<std::string>& roots,
                                      base::Diagnostics& diagnostics) {
  std::vector<Override> overrides;
  for (const Override& change : request.overrides) {
    base::collect_mistakes(diagnostics, [&] {
      check_root(change, roots);
      overrides.push_back(change);
    });
  }
  for (const std::string& text : request.set) {
    base::collect_mistakes(diagnostics, [&] {
      Override change = config::parse_override(text);
      // The option itself is position enough: it has one line.
      change.value.set_where({change.value.where().file, 0, 0});
      check_root(change, roots);
      overrides.push_back(std::move(change));
    });
  }
  if (!request.dataflow.empty()) {
    overrides.push_back(option_override("--dataflow", request.dataflow, "mapping.dataflow"));
  }
  if (request.seed) {
    overrides.push_back(option_override("--seed", std::to_string(*request.seed), "workload.seed"));
  }
  return overrides;
}

// What the array would use anyhow is written out, so that resolved.yaml says it.
void resolve_dataflow(Scenario& scenario) {
  const lowering::Machine machine = lowering::machine_from(scenario.platform);
  if (!scenario.mapping.dataflow && !machine.arrays.empty()) {
    scenario.mapping.dataflow = machine.arrays.front().dataflows.front();
  }
}

void write_resolved(Scenario& scenario) {
  resolve_dataflow(scenario);
  Node root = Node::map();
  root.set("schema", Node::scalar(kResolvedSchema));
  root.set("platform", hardware::write_platform(scenario.platform));
  root.set("workload", scenario.workload.resolved);
  root.set("mapping", lowering::write_mapping(scenario.mapping));
  scenario.resolved = config::write_yaml(root);
  scenario.hash = report::sha256(scenario.resolved);
}

template <class T>
T read_section(const config::Schema<T>& schema, const Node& document, const std::string& name) {
  config::Reader reader(name);
  auto value = schema.read(document, reader);
  reader.diagnostics().throw_if_any();
  return std::move(*value);
}

// Its sections alone.
Node check_resolved(Node root, const std::string& file) {
  const Node* schema = root.is_map() ? root.find("schema") : nullptr;
  if (schema == nullptr || schema->text() != kResolvedSchema) {
    throw base::UserError(base::Diagnostic{
        {file, 0, 0}, "schema", "not the resolved.yaml of a run", kResolvedSchema, ""});
  }
  root.erase("schema");
  config::Reader reader;
  const std::vector<std::string> sections{"platform", "workload", "mapping"};
  config::report_unknown_keys(root, reader, sections);
  for (const std::string& section : sections) {
    if (root.find(section) == nullptr) {
      reader.error(root.where(), "missing key '" + section + "'", "a map");
    }
  }
  reader.diagnostics().throw_if_any();
  return root;
}

void load_from_resolved(const ScenarioRequest& request, const std::vector<Override>& overrides,
                        Scenario& scenario, base::Diagnostics& diagnostics) {
  Node root = request.document
                  ? check_resolved(*request.document, "")
                  : check_resolved(config::load_document(request.resolved), request.resolved);
  for (const Override& change : overrides) {
    config::apply_override(root, change);
  }
  base::collect_mistakes(diagnostics, [&] {
    scenario.platform =
        read_section(hardware::PlatformConfig::schema(), *root.find("platform"), "platform");
  });
  base::collect_mistakes(diagnostics, [&] {
    scenario.workload = workload::make_workload(*root.find("workload"), "workload");
  });
  base::collect_mistakes(diagnostics, [&] {
    scenario.mapping =
        read_section(lowering::MappingConfig::schema(), *root.find("mapping"), "mapping");
  });
}

void load_from_files(const ScenarioRequest& request, const std::vector<Override>& overrides,
                     Scenario& scenario, base::Diagnostics& diagnostics) {
  base::collect_mistakes(diagnostics, [&] {
    scenario.platform = hardware::load_platform(
        find_config(FileFamily::kPlatform, request.platform, "-p"), overrides);
  });
  base::collect_mistakes(diagnostics, [&] {
    scenario.workload = workload::load_workload(
        find_config(FileFamily::kWorkload, request.workload, "-w"), overrides);
  });
  base::collect_mistakes(diagnostics, [&] {
    scenario.mapping =
        request.mapping.empty()
            ? lowering::default_mapping(overrides)
            : lowering::load_mapping(find_config(FileFamily::kMapping, request.mapping, "-m"),
                                     overrides);
  });
}

}  // namespace

std::shared_ptr<const lowering::Plan> Scenario::plan() const {
  return lowering::make_plan(workload.graph, lowering::machine_from(platform), mapping,
                             workload.seed);
}

Scenario load_scenario(const ScenarioRequest& request) {
  base::Diagnostics diagnostics;
  const std::vector<Override> overrides =
      parse_overrides(request, {"platform", "workload", "mapping"}, diagnostics);
  Scenario scenario;
  const bool is_resolved = request.document || !request.resolved.empty();
  const auto load = is_resolved ? load_from_resolved : load_from_files;
  load(request, overrides, scenario, diagnostics);
  diagnostics.throw_if_any();
  scenario.dataflow_given = scenario.mapping.dataflow.has_value();
  write_resolved(scenario);
  if (!scenario.mapping.is_analytical()) {
    scenario.workload.graph = lowering::with_tables(
        scenario.workload.graph, lowering::machine_from(scenario.platform), scenario.mapping);
  }
  return scenario;
}

hardware::PlatformConfig load_request_platform(const ScenarioRequest& request) {
  base::Diagnostics diagnostics;
  const std::vector<Override> overrides = parse_overrides(request, {"platform"}, diagnostics);
  hardware::PlatformConfig platform;
  base::collect_mistakes(diagnostics, [&] {
    platform = hardware::load_platform(find_config(FileFamily::kPlatform, request.platform, "-p"),
                                       overrides);
  });
  diagnostics.throw_if_any();
  return platform;
}

std::string loop_nests(const lowering::Plan& plan) {
  std::string text;
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
    text += (layer == 0 ? "" : "\n") + lowering::loop_nest_text(plan, layer);
  }
  return text;
}

std::string dataflows_of(const std::vector<command::Source*>& streams) {
  std::set<std::string> names;
  for (const command::Source* stream : streams) {
    for (const command::LayerInfo& layer : stream->header().layers) {
      if (!layer.dataflow.empty()) {
        names.insert(layer.dataflow);
      }
    }
  }
  return config::join({names.begin(), names.end()}, ", ");
}

}  // namespace orrery::scenario
