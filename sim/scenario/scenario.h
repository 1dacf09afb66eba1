// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command/command.h"
#include "config/document.h"
#include "hardware/platform_config.h"
#include "lowering/lowering.h"
#include "lowering/mapping/mapping_config.h"
#include "metrics/run_result.h"
#include "workload/workload.h"

namespace orrery::scenario {

// What the user asked to have simulated, as written on the command line.
struct ScenarioRequest {
  std::string platform;                     // a path or the name of a shipped file
  std::string workload;                     // likewise
  std::string mapping;                      // likewise; empty: defaults
  std::string resolved;                     // a resolved.yaml instead of the three above
  std::optional<config::Node> document;     // the content of one, likewise
  std::vector<config::Override> overrides;  // of a study, located there; before `set`
  std::vector<std::string> set;             // "path=value"
  std::string dataflow;                     // empty: that of the mapping
  std::optional<std::int64_t> seed;         // absent: that of the workload
};

// The inputs of a simulation, read and checked.
struct Scenario {
  hardware::PlatformConfig platform;
  workload::Workload workload;
  lowering::MappingConfig mapping;
  bool dataflow_given = false;  // by the mapping or the command line, else it is the array's first
  // Platform, workload and mapping with every default, as YAML: the content of resolved.yaml. Read
  // as a ScenarioRequest::resolved it gives the same scenario.
  std::string resolved;
  std::string hash;  // SHA-256 of `resolved`

  [[nodiscard]] std::shared_ptr<const lowering::Plan> plan() const;
};

// Throws base::UserError with the mistakes of all files and options.
[[nodiscard]] Scenario load_scenario(const ScenarioRequest& request);

// Reads the platform of a request alone, for streams that were lowered before; overrides that
// concern anything else are mistakes.
[[nodiscard]] hardware::PlatformConfig load_request_platform(const ScenarioRequest& request);

// The loop nest of every layer, as docs/lowering.md writes them.
[[nodiscard]] std::string loop_nests(const lowering::Plan& plan);

// The dataflows that the layers of the streams use: "ws", or "os, ws" where they differ.
[[nodiscard]] std::string dataflows_of(const std::vector<command::Source*>& streams);

}  // namespace orrery::scenario
