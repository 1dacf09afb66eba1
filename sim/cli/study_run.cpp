// SPDX-License-Identifier: Apache-2.0
#include "cli/study_run.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "cli/interrupt.h"
#include "cli/study_progress.h"
#include "report/json.h"
#include "scenario/packed_point.h"
#include "sweep/metric_path.h"
#include "sweep/remote_pool.h"
#include "sweep/worker_pool.h"

namespace orrery::cli {
namespace {

using report::Json;
using sweep::PointOutcome;
using sweep::PointStatus;
using sweep::StoredPoint;

StoredPoint stored(const sweep::Study& study, const scenario::StudyPoint& point) {
  Json labels = Json::object();
  for (std::size_t axis = 0; axis < point.point.place.size(); ++axis) {
    labels[study.axes[axis].first] = study.axes[axis].second.values[point.point.place[axis]].label;
  }
  const Json parameters{{"labels", std::move(labels)}, {"config_hash", point.config_hash}};
  StoredPoint line;
  line.id = point.point.id;
  line.hash = point.hash;
  line.parameters = parameters.dump();
  return line;
}

// What the store has of each point, all of them announced.
std::vector<StoredPoint> known_points(const StudyInputs& inputs, sweep::Store& store) {
  std::vector<StoredPoint> lines;
  for (const scenario::StudyPoint& point : inputs.prepared) {
    lines.push_back(stored(inputs.study, point));
  }
  store.announce(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    StoredPoint known = store.find(lines[i].id).value_or(StoredPoint{});
    if (known.status == PointStatus::kPending && !inputs.prepared[i].not_applicable.empty()) {
      known.status = PointStatus::kNotApplicable;
      known.error = inputs.prepared[i].not_applicable;
      store.finish(known);
    }
    lines[i] = std::move(known);
  }
  return lines;
}

// Seconds that each point takes: what it took last; of new points in proportion to the bytes that
// their operators touch, which tell long runs from short ones better than their multiplications do.
std::vector<double> expected_seconds(const std::vector<scenario::StudyPoint>& points,
                                     const std::vector<StoredPoint>& known) {
  double seconds = 0.0;
  double bytes = 0.0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    seconds += known[i].host_seconds;
    bytes += known[i].host_seconds > 0.0 ? points[i].bytes : 0.0;
  }
  const double each = seconds > 0.0 && bytes > 0.0 ? seconds / bytes : 1.0;
  std::vector<double> expected;
  for (std::size_t i = 0; i < points.size(); ++i) {
    expected.push_back(known[i].host_seconds > 0.0 ? known[i].host_seconds
                                                   : points[i].bytes * each);
  }
  return expected;
}

// The points to be simulated, the longest first, so that none is left alone at the end.
std::vector<std::size_t> pending_jobs(const std::vector<scenario::StudyPoint>& points,
                                      const std::vector<StoredPoint>& known, bool retry) {
  std::vector<std::size_t> jobs;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const PointStatus status = known[i].status;
    if (status == PointStatus::kPending || (retry && status == PointStatus::kFailed)) {
      jobs.push_back(i);
    }
  }
  const std::vector<double> expected = expected_seconds(points, known);
  std::sort(jobs.begin(), jobs.end(), [&](std::size_t left, std::size_t right) {
    return std::pair(-expected[left], left) < std::pair(-expected[right], right);
  });
  return jobs;
}

StoredPoint ended(const scenario::StudyPoint& point, const sweep::WorkerReport& report) {
  StoredPoint line;
  line.id = point.point.id;
  line.host_seconds = report.host_seconds;
  line.status = PointStatus::kFailed;
  line.error = report.ending;
  if (report.completed) {
    scenario::PointRun run = scenario::read_point_run(report.output);
    line.status = run.status;
    line.result = std::move(run.result);
    line.error = std::move(run.error);
  }
  return line;
}

class OutcomeReader {
 public:
  explicit OutcomeReader(const sweep::Study& study) : study_(study) {}

  [[nodiscard]] PointOutcome read(std::size_t index, const scenario::StudyPoint& point,
                                  const StoredPoint& line) {
    PointOutcome outcome{line.status, point.config_hash, line.error, {}, {}};
    if (line.status != PointStatus::kDone) {
      return outcome;
    }
    const Json result = Json::parse(line.result);
    outcome.notes = result.at("notes").get<std::vector<std::string>>();
    for (const auto& [name, metric] : study_.metrics) {
      try {
        outcome.metrics.push_back(sweep::read_metric(result, metric));
      } catch (const base::UserError& error) {
        mistakes_.emplace(index, std::pair(point.point.id, error));
        // No figure: the run ends with the mistake.
        outcome.metrics.push_back(std::numeric_limits<double>::quiet_NaN());
      }
    }
    return outcome;
  }

  // Each mistake once, with the first point that has it.
  void throw_if_any() const {
    std::set<std::string> seen;
    base::Diagnostics diagnostics;
    for (const auto& [index, mistake] : mistakes_) {
      for (base::Diagnostic diagnostic : mistake.second.diagnostics()) {
        if (seen.insert(diagnostic.to_string()).second) {
          diagnostic.message += " (point " + mistake.first + ')';
          diagnostics.add(diagnostic);
        }
      }
    }
    diagnostics.throw_if_any();
  }

 private:
  const sweep::Study& study_;
  // By the point's index: points end in any order.
  std::multimap<std::size_t, std::pair<std::string, base::UserError>> mistakes_;
};

// In processes of this machine or on the cluster. False where it was interrupted.
bool run_points(const StudyInputs& inputs, const std::vector<std::size_t>& jobs,
                const StudyRunOptions& options, const sweep::PoolOptions& pool) {
  if (options.cluster == nullptr) {
    const auto work = [&](std::size_t job) {
      return scenario::write_point_run(scenario::run_point(inputs.study, inputs.prepared[job]));
    };
    return sweep::run_jobs(jobs, work, pool);
  }
  const scenario::PointLimits limits{options.limit_seconds, options.limit_bytes};
  const auto pack = [&](std::size_t job) {
    return scenario::pack_point(inputs.study, inputs.prepared[job], limits);
  };
  return sweep::run_remote_jobs(jobs, pack, *options.cluster, pool);
}

}  // namespace

StudyRun run_study(const StudyInputs& inputs, sweep::Store& store, const StudyRunOptions& options) {
  StudyRun run;
  OutcomeReader reader(inputs.study);
  std::vector<std::size_t> jobs;
  {
    const std::vector<StoredPoint> known = known_points(inputs, store);
    jobs = pending_jobs(inputs.prepared, known, options.retry);
    for (std::size_t i = 0; i < known.size(); ++i) {
      run.outcomes.push_back(reader.read(i, inputs.prepared[i], known[i]));
    }
  }
  {
    const InterruptGuard guard;
    StudyProgress progress(inputs.study, inputs.figures, inputs.points, run.outcomes, jobs.size());
    sweep::PoolOptions pool;
    pool.workers = options.workers;
    pool.limit_seconds = options.limit_seconds;
    pool.limit_bytes = options.limit_bytes;
    pool.interrupt = &guard.flag();
    pool.started = [&](std::size_t job) { store.begin(inputs.points[job].id); };
    pool.ended = [&](const sweep::WorkerReport& report) {
      const scenario::StudyPoint& point = inputs.prepared[report.job];
      const StoredPoint line = ended(point, report);
      store.finish(line);
      run.outcomes[report.job] = reader.read(report.job, point, line);
      progress.count(line.status == PointStatus::kFailed);
      ++run.simulated;
    };
    pool.waiting = [&] { progress.show(); };
    run.interrupted = !run_points(inputs, jobs, options, pool);
  }
  if (!run.interrupted) {
    reader.throw_if_any();
  }
  return run;
}

}  // namespace orrery::cli
