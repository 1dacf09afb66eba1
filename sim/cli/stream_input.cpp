// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_input.h"

#include <fstream>

#include "command/binary_form.h"
#include "config/yaml.h"
#include "lowering/machine.h"
#include "report/hash.h"

namespace orrery::cli {
namespace {

command::Extents extents_of(const hardware::PlatformConfig& platform) {
  const lowering::Machine machine = lowering::machine_from(platform);
  command::Extents extents;
  extents.scratchpad = machine.scratchpad_bytes;
  for (const lowering::Machine::Tier& tier : machine.tiers) {
    extents.tiers[tier.name] = tier.capacity;
  }
  for (const lowering::Machine::Array& array : machine.arrays) {
    extents.accumulators[machine.engines[array.engine]] = array.accumulator_bytes;
  }
  return extents;
}

}  // namespace

StreamInput load_stream(const ScenarioRequest& request, const std::filesystem::path& stream) {
  if (request.platform.empty()) {
    throw base::UserError(base::Diagnostic{{"", 0, 0}, "", "no platform", "-p PLATFORM", ""});
  }
  StreamInput input;
  input.platform = load_request_platform(request);
  input.source = command::open_stream(stream, extents_of(input.platform));
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
