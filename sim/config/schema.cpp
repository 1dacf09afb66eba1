// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"

#include <algorithm>

#include "config/yaml.h"

namespace orrery::config {

void report_unknown_keys(const Node& node, Reader& reader, const std::vector<std::string>& known) {
  for (const Node::Entry& entry : node.entries()) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      reader.error(entry.where, "unknown key '" + entry.key + "'", "one of " + join(known, ", "),
                   base::nearest_name(entry.key, known));
    }
  }
}

std::string flow_text(const Node& node) {
  return write_flow(node);
}

}  // namespace orrery::config
