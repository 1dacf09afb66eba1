// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace orrery::sweep {

// How a job ended.
struct WorkerReport {
  std::size_t job = 0;
  bool completed = false;  // `output` is what the work returned
  bool timed_out = false;
  std::string output;
  std::string ending;  // otherwise: "ended by signal 11 (Segmentation fault): ..."
  double host_seconds = 0.0;
};

struct PoolOptions {
  std::size_t workers = 1;
  int kills = 3;  // a job whose worker was killed by somebody else starts again at most so often
  std::optional<double> limit_seconds;  // of one job
  // Address space that a worker may take beyond what this process has; more throws std::bad_alloc
  // in its work.
  std::optional<std::uint64_t> limit_bytes;
  const std::atomic<bool>* interrupt = nullptr;  // set: kill what runs and return
  std::function<void(std::size_t)> started;      // job
  std::function<void(const WorkerReport&)> ended;
  std::function<void()> waiting;  // some ten times a second
};

// The cores that this process may use, at least 1.
[[nodiscard]] std::size_t available_cores();

// Bytes of memory that this machine, or the control group of this process, has.
[[nodiscard]] std::uint64_t available_memory();

// Runs jobs in child processes, a few at a time, in the order given: a job that crashes or hangs is
// nobody else's trouble. A worker that is killed from outside (SIGKILL, SIGTERM) is no fault of its
// job, which starts again, behind the others. `work` runs in the child, which is a copy of this
// process, and what it returns comes back as WorkerReport::output; it must not use what cannot be
// shared with a copy (a database, a terminal). Children die with this process, however it ends.
// Must be called by a process of one thread. False where it was interrupted.
[[nodiscard]] bool run_jobs(const std::vector<std::size_t>& jobs,
                            const std::function<std::string(std::size_t)>& work,
                            const PoolOptions& options);

}  // namespace orrery::sweep
