// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_scenario.h"

#include <algorithm>
#include <array>

#include "base/collect_mistakes.h"
#include "config/document.h"
#include "config/yaml.h"
#include "memory/dram/controller_schema.h"
#include "memory/specification/spec_schema.h"
#include "report/hash.h"
#include "scenario/config_search.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

using config::Node;
using memory::dram::SpecDescription;

const std::vector<std::string>& roots() {
  static const std::vector<std::string> kRoots{"spec", "controller"};
  return kRoots;
}

void apply(const std::string& text, Node& document) {
  config::Override change = config::parse_override(text);
  change.value.set_where({change.value.where().file, 0, 0});
  const std::string root = change.path.substr(0, change.path.find('.'));
  if (root == change.path || std::find(roots().begin(), roots().end(), root) == roots().end()) {
    throw base::UserError(base::Diagnostic{
        change.value.where(), change.path, "'" + root + "' names no part of the configuration",
        "a path that begins with spec. or controller.", base::nearest_name(root, roots())});
  }
  config::apply_override(document, change);
}

template <class T>
T read_section(const config::Schema<T>& schema, const Node& document, const std::string& name) {
  config::Reader reader(name);
  auto value = schema.read(*document.find(name), reader);
  reader.diagnostics().throw_if_any();
  base::require_invariant(value.has_value(), "a section is read or complained about");
  return std::move(*value);
}

Node load_inputs(const MemoryRequest& request) {
  base::Diagnostics diagnostics;
  Node document = Node::map();
  base::collect_mistakes(diagnostics, [&] {
    document.set("spec", config::load_document(scenario::find_config(scenario::FileFamily::kDram,
                                                                     request.spec, "memory")));
  });
  document.set("controller", Node::map());
  if (!request.controller.empty()) {
    base::collect_mistakes(diagnostics, [&] {
      document.set("controller", config::load_document(request.controller));
    });
  }
  for (const std::string& text : request.set) {
    base::collect_mistakes(diagnostics, [&] { apply(text, document); });
  }
  diagnostics.throw_if_any();
  return document;
}

// What can be read only once is known only by its name.
std::string hash_of_trace(const fs::path& trace) {
  std::error_code error;
  return fs::is_regular_file(trace, error) ? report::sha256_of_file(trace) : std::string();
}

void write_resolved(const MemoryRequest& request, const SpecDescription& description,
                    MemoryScenario& scenario) {
  Node root = Node::map();
  root.set("schema", Node::scalar("orrery-resolved-memory-1"));
  root.set("spec", memory::dram::spec_schema().write(description));
  root.set("controller", memory::dram::controller_schema().write(scenario.options.controller));
  root.set("channels", Node::scalar(std::to_string(scenario.options.channels)));
  root.set("interleave", Node::scalar(std::to_string(scenario.options.interleave)));
  root.set("request_bytes",
           Node::scalar(std::to_string(scenario.options.bytes_of_request(scenario.spec))));
  root.set("pacing", Node::scalar(pacing_name(request.pacing)));
  Node& trace = root.set("trace", Node::map());
  trace.set("file", Node::scalar(scenario.trace.filename().string()));
  trace.set("sha256", Node::scalar(scenario.trace_hash));
  scenario.resolved = config::write_yaml(root);
  scenario.hash = report::sha256(scenario.resolved);
}

}  // namespace

const std::string& pacing_name(memory::trace::Pacing pacing) {
  static const std::array<std::string, 3> kNames{"by_trace", "at_cycle", "closed_loop"};
  return kNames.at(static_cast<std::size_t>(pacing));
}

memory::trace::TraceLimits MemoryScenario::limits() const {
  return {static_cast<std::uint64_t>(options.capacity(spec)),
          static_cast<std::uint64_t>(spec.access_bytes),
          static_cast<std::uint64_t>(options.bytes_of_request(spec)), &spec, options.channels};
}

MemoryScenario load_memory_scenario(const MemoryRequest& request) {
  const Node document = load_inputs(request);
  MemoryScenario scenario;
  SpecDescription description;
  base::Diagnostics diagnostics;
  base::collect_mistakes(diagnostics, [&] {
    description = read_section(memory::dram::spec_schema(), document, "spec");
    scenario.spec = memory::dram::Spec::from(description);
  });
  base::collect_mistakes(diagnostics, [&] {
    scenario.options.controller =
        read_section(memory::dram::controller_schema(), document, "controller");
  });
  diagnostics.throw_if_any();
  scenario.options.controller.settle(scenario.spec);
  scenario.options.channels = request.channels;
  scenario.options.interleave = request.interleave;
  scenario.options.request_bytes = request.request_bytes;
  scenario.options.check(scenario.spec);
  scenario.trace = request.trace;
  scenario.trace_hash = hash_of_trace(scenario.trace);
  write_resolved(request, description, scenario);
  return scenario;
}

}  // namespace orrery::cli
