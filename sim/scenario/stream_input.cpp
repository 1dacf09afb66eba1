// SPDX-License-Identifier: Apache-2.0
#include "scenario/stream_input.h"

#include <filesystem>

#include "base/collect_mistakes.h"
#include "command/binary_form.h"
#include "config/yaml.h"
#include "lowering/machine/machine.h"
#include "report/hash.h"

namespace orrery::scenario {

namespace {

config::Node file_node(const std::filesystem::path& stream) {
  config::Node file = config::Node::map();
  file.set("file", config::Node::scalar(stream.filename().string()));
  file.set("sha256", config::Node::scalar(report::sha256_of_file(stream)));
  return file;
}

}  // namespace

StreamInput load_streams(const ScenarioRequest& request, const std::vector<std::string>& streams) {
  if (request.platform.empty()) {
    throw base::UserError(base::Diagnostic{{"", 0, 0}, "", "no platform", "-p PLATFORM", ""});
  }
  StreamInput input;
  input.platform = load_request_platform(request);
  const command::Extents extents = lowering::extents_of(lowering::machine_from(input.platform));
  base::Diagnostics diagnostics;
  for (const std::string& stream : streams) {
    base::collect_mistakes(diagnostics,
                           [&] { input.sources.push_back(command::open_stream(stream, extents)); });
  }
  diagnostics.throw_if_any();
  config::Node root = config::Node::map();
  root.set("schema", config::Node::scalar("orrery-resolved-stream-1"));
  root.set("platform", hardware::write_platform(input.platform));
  if (streams.size() == 1) {
    root.set("stream", file_node(streams.front()));
  } else {
    config::Node& files = root.set("streams", config::Node::sequence());
    for (const std::string& stream : streams) {
      files.append(file_node(stream));
    }
  }
  input.resolved = config::write_yaml(root);
  input.hash = report::sha256(input.resolved);
  return input;
}

platform::RunOutput run_streams(const StreamInput& input, const platform::RunOptions& options) {
  std::vector<command::Source*> sources;
  for (const auto& source : input.sources) {
    sources.push_back(source.get());
  }
  platform::RunOutput output = platform::run(input.platform, sources, options);
  output.result.config_hash = input.hash;
  output.result.dataflow = dataflows_of(sources);
  return output;
}

}  // namespace orrery::scenario
