// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "scenario/scenario.h"
#include "sweep/evaluator.h"
#include "sweep/expansion.h"
#include "sweep/study.h"

namespace orrery::scenario {

// A point of a study whose inputs have been read once.
struct StudyPoint {
  sweep::Point point;
  ScenarioRequest request;
  std::vector<std::string> streams;  // files; empty: the request's workload
  std::string config_hash;           // of its resolved.yaml; empty where it is not applicable
  std::string hash;            // of config_hash and of this program: what its result depends on
  double bytes = 0.0;          // that its operators touch; 0 of streams
  std::string not_applicable;  // the mistake that the study allows; empty as a rule
};

// Finds and reads the inputs of all points. Throws base::UserError with every mistake, each once,
// that is not among those the study allows.
[[nodiscard]] std::vector<StudyPoint> prepare_points(const sweep::Study& study,
                                                     const std::vector<sweep::Point>& points);

// How the simulation of a point ended.
struct PointRun {
  sweep::PointStatus status = sweep::PointStatus::kFailed;
  std::string result;  // result.json of a point that is done
  std::string error;   // otherwise
};

// Simulates a point, in a worker process. Mistakes become its error.
[[nodiscard]] PointRun run_point(const sweep::Study& study, const StudyPoint& point);

// A PointRun on its way between processes.
[[nodiscard]] std::string write_point_run(const PointRun& run);
[[nodiscard]] PointRun read_point_run(const std::string& text);

}  // namespace orrery::scenario
