// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "memory/specification/spec.h"
#include "memory/trace/trace_options.h"
#include "memory/trace/trace_reader.h"

namespace orrery::cli {

// What `orrery memory` was asked for, as written on the command line.
struct MemoryRequest {
  std::string spec;              // a path or the name of a shipped DRAM standard
  std::string trace;             // a path
  std::string controller;        // a path; empty: every parameter has its default
  std::vector<std::string> set;  // "spec.path=value" or "controller.path=value"
  std::int64_t channels = 1;
  std::int64_t interleave = 256;
  std::int64_t request_bytes = 0;
  memory::trace::Pacing pacing = memory::trace::Pacing::kByTrace;
};

// The inputs of a trace run, read and checked; the trace itself is read while it runs.
struct MemoryScenario {
  memory::dram::Spec spec;
  memory::trace::TraceOptions options;
  std::filesystem::path trace;
  std::string trace_hash;  // SHA-256; empty for what can be read only once
  std::string resolved;    // everything with its defaults, as YAML
  std::string hash;        // SHA-256 of `resolved`

  [[nodiscard]] memory::trace::TraceLimits limits() const;
};

// Throws base::UserError with the mistakes of all files and options.
[[nodiscard]] MemoryScenario load_memory_scenario(const MemoryRequest& request);

// "by_trace", "at_cycle", "closed_loop".
[[nodiscard]] const std::string& pacing_name(memory::trace::Pacing pacing);

}  // namespace orrery::cli
