// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "command/command.h"
#include "hardware/platform_config.h"
#include "metrics/run_result.h"

namespace orrery::platform {

struct Progress {
  base::Femtoseconds simulated = 0;
  double host_seconds = 0.0;
  std::uint32_t layer = 0;  // the newest layer that has started
  std::uint32_t layers = 0;
};

struct RunOptions {
  bool timeline = false;
  base::Femtoseconds timeline_begin = 0;
  base::Femtoseconds timeline_end = INT64_MAX;
  std::optional<double> limit_seconds;            // of host time; then the result is partial
  const std::atomic<bool>* interrupt = nullptr;   // becomes true to stop early
  std::function<void(const Progress&)> progress;  // called about ten times a second
  bool reverse_construction =
      false;  // modules are built in the opposite order: must change nothing
};

struct RunOutput {
  metrics::RunResult result;
  metrics::HostResult host;
};

// Simulates streams that share one platform in a SystemC context of their own, checks the
// invariants and returns what happened. Several streams keep to different parts of the scratchpad
// and the accumulators, as their headers declare. Throws base::UserError where they do not, for a
// missing energy coefficient and the like, and base::InternalError when the machine makes no
// progress though commands wait.
[[nodiscard]] RunOutput run(const hardware::PlatformConfig& platform,
                            const std::vector<command::Source*>& streams,
                            const RunOptions& options = {});

// The same with one stream.
[[nodiscard]] RunOutput run(const hardware::PlatformConfig& platform, command::Source& stream,
                            const RunOptions& options = {});

}  // namespace orrery::platform
