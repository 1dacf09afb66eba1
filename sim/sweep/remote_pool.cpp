// SPDX-License-Identifier: Apache-2.0
#include "sweep/remote_pool.h"

#include <iostream>
#include <utility>

#include "base/error.h"
#include "report/json.h"

namespace orrery::sweep {
namespace {

using report::Json;

[[noreturn]] void fail(const std::string& message) {
  throw base::UserError(base::Diagnostic{{"", 0, 0}, "", message, "", ""});
}

// One line; what a dying worker wrote need not be UTF-8.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class RemotePool {
 public:
  RemotePool(const std::vector<std::size_t>& jobs,
             const std::function<std::string(std::size_t)>& pack, LineChannel& cluster,
             const PoolOptions& options)
      : jobs_(jobs), pack_(pack), cluster_(cluster), options_(options) {}

  bool run() {
    constexpr int kMilliseconds = 100;
    while (ended_ < jobs_.size()) {
      if (options_.interrupt != nullptr && options_.interrupt->load()) {
        return false;
      }
      submit();
      if (const auto line = cluster_.receive(kMilliseconds)) {
        take(Json::parse(*line));
      }
      if (cluster_.closed()) {
        fail("the connection to the cluster has ended; the same command goes on");
      }
      if (options_.waiting) {
        options_.waiting();
      }
    }
    return true;
  }

 private:
  // As many as the cluster takes at once.
  void submit() {
    while (next_ < jobs_.size() && next_ - ended_ < slots_) {
      const std::size_t job = jobs_[next_];
      const std::string request = pack_(job);
      if (options_.started) {
        options_.started(job);
      }
      ++next_;
      if (!cluster_.send(line_of({{"job", job}, {"request", request}}))) {
        return;  // what it last said comes with receive()
      }
    }
  }

  void take(const Json& message) {
    if (message.contains("error")) {
      fail(message.at("error").get<std::string>());
    } else if (message.contains("slots")) {
      slots_ = message.at("slots").get<std::size_t>();
      if (slots_ == 0 && !std::exchange(told_of_no_workers_, true)) {
        std::cerr << "note: the cluster has no workers; waiting for some\n";
      }
    } else {
      WorkerReport report = read_answer(message.at("answer").get<std::string>());
      report.job = message.at("job").get<std::size_t>();
      ++ended_;
      if (options_.ended) {
        options_.ended(report);
      }
    }
  }

  const std::vector<std::size_t>& jobs_;
  const std::function<std::string(std::size_t)>& pack_;
  LineChannel& cluster_;
  const PoolOptions& options_;
  std::size_t slots_ = 0;
  std::size_t next_ = 0;  // into jobs_
  std::size_t ended_ = 0;
  bool told_of_no_workers_ = false;
};

}  // namespace

bool run_remote_jobs(const std::vector<std::size_t>& jobs,
                     const std::function<std::string(std::size_t)>& pack, LineChannel& cluster,
                     const PoolOptions& options) {
  return RemotePool(jobs, pack, cluster, options).run();
}

std::string write_answer(const WorkerReport& report) {
  return line_of({{"completed", report.completed},
                  {"timed_out", report.timed_out},
                  {"output", report.output},
                  {"ending", report.ending},
                  {"host_seconds", report.host_seconds}});
}

std::string write_refusal(const std::string& reason) {
  return line_of({{"refusal", reason}});
}

WorkerReport read_answer(const std::string& answer) {
  const Json json = Json::parse(answer);
  if (json.contains("refusal")) {
    fail(json.at("refusal").get<std::string>());
  }
  WorkerReport report;
  report.completed = json.at("completed").get<bool>();
  report.timed_out = json.at("timed_out").get<bool>();
  report.output = json.at("output").get<std::string>();
  report.ending = json.at("ending").get<std::string>();
  report.host_seconds = json.at("host_seconds").get<double>();
  return report;
}

}  // namespace orrery::sweep
