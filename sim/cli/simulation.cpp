// SPDX-License-Identifier: Apache-2.0
#include "cli/simulation.h"

#include <iostream>
#include <utility>

#include "cli/exit_code.h"
#include "report/csv.h"
#include "report/result_json.h"
#include "report/timeline.h"

namespace orrery::cli {

WatchedRun::WatchedRun(platform::RunOptions options, const std::string& title)
    : line_(title), options_(std::move(options)) {
  options_.interrupt = &guard_.flag();
  options_.progress = [this](const platform::Progress& progress) { line_.show(progress); };
}

void stage_run_files(report::OutputFolder& folder, const platform::RunOutput& output,
                     const RunInput& input, const platform::RunOptions& options) {
  folder.write("result.json", report::write_json(report::result_json(output.result)));
  folder.write("layers.csv", report::layers_csv(output.result));
  folder.write("resolved.yaml", input.resolved);
  const auto write_or_remove = [&](const std::string& name, const std::string& content) {
    if (content.empty()) {
      folder.remove(name);
    } else {
      folder.write(name, content);
    }
  };
  write_or_remove("activity.csv", report::activity_csv(output.result));
  write_or_remove("loops.txt", input.loops);
  folder.write("host.json", report::write_json(report::host_json(output.host)));
  const std::string name = "timeline.json.gz";
  if (options.timeline) {
    report::write_timeline(output.result, {options.timeline_begin, options.timeline_end},
                           folder.stage(name), folder.path() / name);
  } else {
    folder.remove(name);
  }
}

int verdict(const metrics::RunResult& result) {
  if (result.partial && result.partial_reason == "interrupted") {
    return kInterrupted;
  }
  for (const metrics::Invariant& invariant : result.invariants) {
    if (!invariant.holds) {
      std::cerr << "error: broken invariant: " << invariant.name << ": " << invariant.detail
                << '\n';
    }
  }
  return result.invariants_hold() ? kSuccess : kInvariantBroken;
}

}  // namespace orrery::cli
