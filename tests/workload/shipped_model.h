// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "workload/graph_description.h"
#include "workload/workload.h"

namespace orrery::workload {

// What `orrery describe` says of workloads/models/<name>.yaml.
inline GraphDescription describe_model(const std::string& name,
                                       const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& change : overrides) {
    changes.push_back(config::parse_override(change));
  }
  const std::string path = std::string(ORRERY_SOURCE_DIR) + "/workloads/models/" + name + ".yaml";
  return describe(load_workload(path, changes).graph);
}

}  // namespace orrery::workload
