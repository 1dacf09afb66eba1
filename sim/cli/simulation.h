// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/interrupt.h"
#include "cli/progress_line.h"
#include "platform/run.h"
#include "report/output_folder.h"

namespace orrery::cli {

// A run that somebody watches: with a progress line, and with Ctrl-C ending it in order.
class WatchedRun {
 public:
  WatchedRun(platform::RunOptions options, const std::string& title);
  [[nodiscard]] const platform::RunOptions& options() const { return options_; }

 private:
  InterruptGuard guard_;
  ProgressLine line_;
  platform::RunOptions options_;
};

// What is known of a run before it begins.
struct RunInput {
  std::string resolved;  // content of resolved.yaml
  std::string loops;     // content of loops.txt; empty: no such file
};

// Stages result.json, layers.csv, activity.csv, resolved.yaml, loops.txt, host.json and, where the
// options asked for it, timeline.json.gz. Files of an earlier run that this one has not are
// removed.
void stage_run_files(report::OutputFolder& folder, const platform::RunOutput& output,
                     const RunInput& input, const platform::RunOptions& options);

// The exit code that a result deserves; broken invariants go to standard error.
[[nodiscard]] int verdict(const metrics::RunResult& result);

}  // namespace orrery::cli
