// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_input.h"

#include "command/binary_form.h"
#include "config/yaml.h"
#include "lowering/machine.h"
#include "report/hash.h"

namespace orrery::cli {

StreamInput load_stream(const ScenarioRequest& request, const std::filesystem::path& stream) {
  if (request.platform.empty()) {
    throw base::UserError(base::Diagnostic{{"", 0, 0}, "", "no platform", "-p PLATFORM", ""});
  }
  StreamInput input;
  input.platform = load_request_platform(request);
  input.source =
      command::open_stream(stream, lowering::extents_of(lowering::machine_from(input.platform)));
  config::Node root = config::Node::map();
  root.set("schema", config::Node::scalar("orrery-resolved-stream-1"));
  root.set("platform", hardware::write_platform(input.platform));
  config::Node& file = root.set("stream", config::Node::map());
  file.set("file", config::Node::scalar(stream.filename().string()));
  file.set("sha256", config::Node::scalar(report::sha256_of_file(stream)));
  input.resolved = config::write_yaml(root);
  input.hash = report::sha256(input.resolved);
  return input;
}

}  // namespace orrery::cli
