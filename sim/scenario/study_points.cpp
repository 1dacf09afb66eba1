// SPDX-License-Identifier: Apache-2.0
#include "scenario/study_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lowering/lowering.h"
#include "report/build_info.h"
#include "report/hash.h"
#include "report/result_json.h"
#include "scenario/config_search.h"
#include "scenario/scenario_run.h"
#include "scenario/stream_input.h"
#include "workload/graph_description.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

// What a result depends on beside the configuration. A commit names the program unless files were
// changed since, or there is no commit.
const std::string& program_identity() {
  static const std::string kIdentity = [] {
    const report::BuildInfo& build = report::build_info();
    std::string identity = build.version + '\n' + build.commit;
    if (build.commit.ends_with("-dirty") || build.commit == "unknown") {
      identity += '\n' + report::sha256_of_file("/proc/self/exe");
    }
    return identity;
  }();
  return kIdentity;
}

// Whether the study allows every one of the mistakes.
bool is_allowed(const sweep::Study& study, const base::UserError& error) {
  return std::all_of(error.diagnostics().begin(), error.diagnostics().end(),
                     [&](const base::Diagnostic& diagnostic) {
                       return std::any_of(study.not_applicable.begin(), study.not_applicable.end(),
                                          [&](const sweep::LocatedText& text) {
                                            return diagnostic.message.find(text.value) !=
                                                   std::string::npos;
                                          });
                     });
}

std::string error_text(const base::UserError& error) {
  constexpr std::size_t kMost = 5;
  const auto& diagnostics = error.diagnostics();
  std::string text;
  for (std::size_t i = 0; i < diagnostics.size() && i < kMost; ++i) {
    text += (i == 0 ? "" : "; ") + diagnostics[i].to_string();
  }
  return diagnostics.size() <= kMost
             ? text
             : text + fmt::format("; and {} more", diagnostics.size() - kMost);
}

// The file that the study names: beside the study, from the current folder, or a shipped one.
std::string find_input(const sweep::Study& study, FileFamily family, const std::string& key,
                       const sweep::LocatedText& name) {
  std::error_code error;
  const fs::path beside = (study.file.parent_path() / name.value).lexically_normal();
  if (fs::exists(beside, error)) {
    return beside.string();
  }
  try {
    const fs::path found = find_config(family, name.value, key);
    if (fs::exists(found, error)) {
      return found.string();
    }
  } catch (const base::UserError& user) {
    base::Diagnostic diagnostic = user.diagnostics().front();
    diagnostic.where = name.where;
    diagnostic.key_path = key;
    diagnostic.message = "'" + name.value + "': " + diagnostic.message;
    throw base::UserError(diagnostic);
  }
  throw base::UserError(base::Diagnostic{name.where, key, "no such file: " + beside.string(),
                                         "a file, or the name of a shipped " + key, ""});
}

class Preparation {
 public:
  explicit Preparation(const sweep::Study& study) : study_(study) {}

  [[nodiscard]] StudyPoint prepare(const sweep::Point& point) {
    StudyPoint prepared;
    prepared.point = point;
    const std::size_t before = mistakes_;
    const bool streams = !point.streams.empty();
    if (!point.platform || (!point.workload && !streams)) {
      add_all(base::UserError(base::Diagnostic{
                  {study_.file.string(), 0, 0},
                  "base",
                  "point " + point.id + " has no " + (point.platform ? "workload" : "platform"),
                  "one in `base`, in `points` or on an axis",
                  ""}),
              point.id);
    }
    ScenarioRequest& request = prepared.request;
    find(FileFamily::kPlatform, "platform", point.platform, point.id, request.platform);
    if (streams) {
      find_streams(point, prepared.streams);
    } else {
      find(FileFamily::kWorkload, "workload", point.workload, point.id, request.workload);
      find(FileFamily::kMapping, "mapping", point.mapping, point.id, request.mapping);
    }
    request.overrides = point.overrides;
    if (mistakes_ != before) {
      return prepared;
    }
    try {
      if (streams) {
        prepared.config_hash = load_streams(request, prepared.streams).hash;
      } else {
        const Scenario scenario = load_scenario(request);
        prepared.config_hash = scenario.hash;
        prepared.bytes =
            static_cast<double>(workload::describe(scenario.workload.graph).total.bytes());
      }
    } catch (const base::UserError& error) {
      if (is_allowed(study_, error)) {
        prepared.not_applicable = error_text(error);
      } else {
        add_all(error, point.id);
      }
    }
    prepared.hash = report::sha256("orrery-point-1\n" + program_identity() + '\n' +
                                   prepared.config_hash + '\n' + prepared.not_applicable);
    return prepared;
  }

  void throw_if_any() const { diagnostics_.throw_if_any(); }

 private:
  // A mistake that shows in another file says which point has made it.
  void add_all(const base::UserError& error, const std::string& id) {
    // Many points make the same mistake.
    for (base::Diagnostic diagnostic : error.diagnostics()) {
      const bool here = diagnostic.where.file == study_.file.string();
      if (seen_.insert(diagnostic.to_string()).second) {
        diagnostic.message += here ? "" : " (point " + id + ')';
        diagnostics_.add(diagnostic);
      }
      ++mistakes_;
    }
  }

  void find(FileFamily family, const std::string& key,
            const std::optional<sweep::LocatedText>& name, const std::string& id,
            std::string& path) {
    if (!name) {
      return;
    }
    try {
      path = find_input(study_, family, key, *name);
    } catch (const base::UserError& error) {
      add_all(error, id);
    }
  }

  void find_streams(const sweep::Point& point, std::vector<std::string>& files) {
    for (const sweep::LocatedText& name : point.streams) {
      std::error_code error;
      const fs::path beside = (study_.file.parent_path() / name.value).lexically_normal();
      files.push_back(fs::exists(beside, error) ? beside.string() : name.value);
      if (!fs::exists(files.back(), error)) {
        add_all(base::UserError(base::Diagnostic{
                    name.where, "streams", "no such file: " + beside.string(), "a stream", ""}),
                point.id);
      }
    }
  }

  const sweep::Study& study_;
  std::size_t mistakes_ = 0;
  std::set<std::string> seen_;
  base::Diagnostics diagnostics_;
};

// What `orrery run` would give of the point.
metrics::RunResult simulate(const StudyPoint& point) {
  if (!point.streams.empty()) {
    return run_streams(load_streams(point.request, point.streams), {}).result;
  }
  const Scenario scenario = load_scenario(point.request);
  return ScenarioRun(scenario).run({}).result;
}

PointRun simulate_point(const StudyPoint& point) {
  const metrics::RunResult result = simulate(point);
  if (result.config_hash != point.config_hash) {
    return {sweep::PointStatus::kFailed, "", "its files have changed since the study began"};
  }
  for (const metrics::Invariant& invariant : result.invariants) {
    if (!invariant.holds) {
      return {sweep::PointStatus::kFailed, "",
              "broken invariant: " + invariant.name + ": " + invariant.detail};
    }
  }
  return {sweep::PointStatus::kDone, report::write_json(report::result_json(result)), ""};
}

}  // namespace

std::vector<StudyPoint> prepare_points(const sweep::Study& study,
                                       const std::vector<sweep::Point>& points) {
  Preparation preparation(study);
  std::vector<StudyPoint> prepared;
  for (const sweep::Point& point : points) {
    prepared.push_back(preparation.prepare(point));
  }
  preparation.throw_if_any();
  return prepared;
}

PointRun run_point(const sweep::Study& study, const StudyPoint& point) {
  try {
    return simulate_point(point);
  } catch (const base::UserError& error) {
    return {
        is_allowed(study, error) ? sweep::PointStatus::kNotApplicable : sweep::PointStatus::kFailed,
        "", error_text(error)};
  } catch (const std::bad_alloc&) {
    return {sweep::PointStatus::kFailed, "", "out of memory"};
  } catch (const std::exception& error) {
    return {sweep::PointStatus::kFailed, "", error.what()};
  }
}

std::string write_point_run(const PointRun& run) {
  const std::string& rest = run.status == sweep::PointStatus::kDone ? run.result : run.error;
  return sweep::status_name(run.status) + '\n' + rest;
}

PointRun read_point_run(const std::string& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  PointRun run{sweep::status_of(text.substr(0, end)), "", ""};
  std::string rest = text.substr(std::min(end + 1, text.size()));
  (run.status == sweep::PointStatus::kDone ? run.result : run.error) = std::move(rest);
  return run;
}

}  // namespace orrery::scenario
