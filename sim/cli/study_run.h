// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scenario/study_points.h"
#include "sweep/line_channel.h"
#include "sweep/store.h"

namespace orrery::cli {

struct StudyRunOptions {
  std::size_t workers = 1;
  bool retry = false;                        // points that failed before
  std::optional<double> limit_seconds;       // of one point
  std::optional<std::uint64_t> limit_bytes;  // likewise, of memory beyond that of the program
  sweep::LineChannel* cluster = nullptr;     // simulates there instead of in `workers` processes
};

// What is to be run; all must outlive the run.
struct StudyInputs {
  const sweep::Study& study;
  const sweep::FigureSet& figures;
  const std::vector<sweep::Point>& points;
  const std::vector<scenario::StudyPoint>& prepared;  // the same, one by one
};

struct StudyRun {
  bool interrupted = false;
  std::size_t simulated = 0;  // in this call; the others were in the store
  std::vector<sweep::PointOutcome> outcomes;
};

// Simulates the points that the store does not have yet, in worker processes, with a line of
// progress. Throws base::UserError where a metric is not in a result, or a cluster fails; the store
// has the results then.
[[nodiscard]] StudyRun run_study(const StudyInputs& inputs, sweep::Store& store,
                                 const StudyRunOptions& options);

}  // namespace orrery::cli
