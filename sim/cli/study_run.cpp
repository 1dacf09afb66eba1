// SPDX-License-Identifier: Apache-2.0
#include "cli/study_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>
#include <utility>

#include "cli/interrupt.h"
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

// One line on standard error, only on a terminal: done, failed, rate, remaining.
class StudyProgress {
 public:
  explicit StudyProgress(std::size_t jobs) : jobs_(jobs), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~StudyProgress() {
    if (shown_) {
      std::cerr << "\r\033[K" << std::flush;
    }
  }
  StudyProgress(const StudyProgress&) = delete;
  StudyProgress& operator=(const StudyProgress&) = delete;

  void count(bool failed) {
    ++ended_;
    failed_ += failed ? 1U : 0U;
  }

  void show() {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    constexpr double kQuietSeconds = 1.0;
    if (!terminal_ || seconds < kQuietSeconds) {
      return;
    }
    shown_ = true;
    std::string line = fmt::format("{} of {} points, {} failed", ended_, jobs_, failed_);
    if (ended_ > 0) {
      const double each = seconds / static_cast<double>(ended_);
      line += fmt::format(", {:.3g} a second, about {:.0f} s left", 1.0 / each,
                          each * static_cast<double>(jobs_ - ended_));
    }
    std::cerr << "\r\033[K" << line << std::flush;
  }

 private:
  std::size_t jobs_;
  bool terminal_;
  bool shown_ = false;
  std::size_t ended_ = 0;
  std::size_t failed_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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

// Announces all points and returns those to be simulated.
std::vector<std::size_t> pending_jobs(const sweep::Study& study,
                                      const std::vector<scenario::StudyPoint>& points,
                                      sweep::Store& store, bool retry) {
  std::vector<StoredPoint> lines;
  for (const scenario::StudyPoint& point : points) {
    lines.push_back(stored(study, point));
  }
  store.announce(lines);
  std::vector<std::size_t> jobs;
  std::vector<double> expected;  // seconds, of the last run of a point
  for (std::size_t i = 0; i < points.size(); ++i) {
    const StoredPoint known = store.find(lines[i].id).value_or(StoredPoint{});
    const PointStatus status = known.status;
    expected.push_back(known.host_seconds);
    if (status == PointStatus::kPending && !points[i].not_applicable.empty()) {
      lines[i].status = PointStatus::kNotApplicable;
      lines[i].error = points[i].not_applicable;
      store.finish(lines[i]);
    } else if (status == PointStatus::kPending || (retry && status == PointStatus::kFailed)) {
      jobs.push_back(i);
    }
  }
  // The longest first, so that none is left alone at the end; new ones in their order behind them.
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

  [[nodiscard]] PointOutcome read(const scenario::StudyPoint& point, const StoredPoint& line) {
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
        add(error, point.point.id);
      }
    }
    return outcome;
  }

  void throw_if_any() const { diagnostics_.throw_if_any(); }

 private:
  // Each mistake once, with the first point that has it.
  void add(const base::UserError& error, const std::string& id) {
    for (base::Diagnostic diagnostic : error.diagnostics()) {
      if (seen_.insert(diagnostic.to_string()).second) {
        diagnostic.message += " (point " + id + ')';
        diagnostics_.add(diagnostic);
      }
    }
  }

  const sweep::Study& study_;
  std::set<std::string> seen_;
  base::Diagnostics diagnostics_;
};

// In processes of this machine or on the cluster. False where it was interrupted.
bool run_points(const sweep::Study& study, const std::vector<scenario::StudyPoint>& points,
                const std::vector<std::size_t>& jobs, const StudyRunOptions& options,
                const sweep::PoolOptions& pool) {
  if (options.cluster == nullptr) {
    const auto work = [&](std::size_t job) {
      return scenario::write_point_run(scenario::run_point(study, points[job]));
    };
    return sweep::run_jobs(jobs, work, pool);
  }
  const scenario::PointLimits limits{options.limit_seconds, options.limit_bytes};
  const auto pack = [&](std::size_t job) {
    return scenario::pack_point(study, points[job], limits);
  };
  return sweep::run_remote_jobs(jobs, pack, *options.cluster, pool);
}

}  // namespace

StudyRun run_study(const sweep::Study& study, const std::vector<scenario::StudyPoint>& points,
                   sweep::Store& store, const StudyRunOptions& options) {
  StudyRun run;
  const std::vector<std::size_t> jobs = pending_jobs(study, points, store, options.retry);
  {
    const InterruptGuard guard;
    StudyProgress progress(jobs.size());
    sweep::PoolOptions pool;
    pool.workers = options.workers;
    pool.limit_seconds = options.limit_seconds;
    pool.limit_bytes = options.limit_bytes;
    pool.interrupt = &guard.flag();
    pool.started = [&](std::size_t job) { store.begin(points[job].point.id); };
    pool.ended = [&](const sweep::WorkerReport& report) {
      const StoredPoint line = ended(points[report.job], report);
      store.finish(line);
      progress.count(line.status == PointStatus::kFailed);
      ++run.simulated;
    };
    pool.waiting = [&] { progress.show(); };
    run.interrupted = !run_points(study, points, jobs, options, pool);
  }
  if (run.interrupted) {
    return run;
  }
  OutcomeReader reader(study);
  for (const scenario::StudyPoint& point : points) {
    const std::optional<StoredPoint> line = store.find(point.point.id);
    base::require_invariant(line.has_value(), "every point is in the store", point.point.id);
    run.outcomes.push_back(reader.read(point, *line));
  }
  reader.throw_if_any();
  return run;
}

}  // namespace orrery::cli
