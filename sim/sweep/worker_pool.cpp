// SPDX-License-Identifier: Apache-2.0
#include "sweep/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <utility>

#include "base/error.h"

namespace orrery::sweep {
namespace {

using Clock = std::chrono::steady_clock;

// Left by a worker whose work threw.
constexpr int kThrew = 3;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    base::require_invariant(number >= 0, "descriptors can be opened", std::strerror(errno));
  }
  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

Descriptor memory_file(const char* name) {
  return Descriptor(memfd_create(name, MFD_CLOEXEC));
}

// Readable when the process has ended. The C library's header declares no C linkage.
Descriptor process_handle(pid_t process) {
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
}

std::string content(const Descriptor& file) {
  std::string text;
  std::array<char, 65536> block{};
  off_t at = 0;
  for (ssize_t n = 0; (n = pread(file.get(), block.data(), block.size(), at)) > 0; at += n) {
    text.append(block.data(), static_cast<std::size_t>(n));
  }
  return text;
}

bool write_all(int file, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = write(file, text.data() + at, text.size() - at);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    at += n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  return true;
}

std::uint64_t page_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Beyond what the process has: sanitizers reserve terabytes, which are nobody's memory.
void limit_address_space(std::uint64_t bytes) {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * page_bytes() + bytes;
  const rlimit limit{most, most};
  // Fails only where less is allowed already.
  (void)setrlimit(RLIMIT_AS, &limit);
}

// The child's whole life. Ends without the destructors and buffers of the process it is a copy of.
[[noreturn]] void live(const std::function<std::string(std::size_t)>& work, std::size_t job,
                       pid_t parent, int output, int errors,
                       const std::optional<std::uint64_t>& limit_bytes) {
  // Ctrl-C is the parent's business: it reaches the whole foreground group.
  setpgid(0, 0);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(kThrew);
  }
  if (limit_bytes) {
    limit_address_space(*limit_bytes);
  }
  dup2(errors, STDERR_FILENO);
  dup2(errors, STDOUT_FILENO);
  try {
    const std::string text = work(job);
    _exit(write_all(output, text) ? 0 : kThrew);
  } catch (const std::exception& error) {
    (void)write_all(errors, error.what());
  } catch (...) {
    (void)write_all(errors, "an exception of unknown type");
  }
  _exit(kThrew);
}

struct Worker {
  std::size_t job;
  pid_t process;
  Descriptor handle;
  Descriptor output;
  Descriptor errors;
  Clock::time_point start;
  bool timed_out = false;
};

Worker start(const std::function<std::string(std::size_t)>& work, std::size_t job,
             const std::optional<std::uint64_t>& limit_bytes) {
  Descriptor output = memory_file("result");
  Descriptor errors = memory_file("errors");
  std::cout.flush();
  std::cerr.flush();
  const pid_t parent = getpid();
  const pid_t child = fork();
  base::require_invariant(child >= 0, "a worker process can be started", std::strerror(errno));
  if (child == 0) {
    live(work, job, parent, output.get(), errors.get(), limit_bytes);
  }
  return {job, child, process_handle(child), std::move(output), std::move(errors), Clock::now()};
}

int wait_for(const Worker& worker) {
  int status = 0;
  while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

double age_of(const Worker& worker) {
  return std::chrono::duration<double>(Clock::now() - worker.start).count();
}

// The first lines of what the worker wrote as it died.
std::string last_words(const Worker& worker) {
  constexpr std::size_t kMost = 500;
  std::string text = content(worker.errors).substr(0, kMost);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text.empty() ? text : ": " + text;
}

// By somebody else: the pool itself kills only what is late.
bool was_killed(const Worker& worker, int status) {
  return !worker.timed_out && WIFSIGNALED(status) &&
         (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
}

WorkerReport report_of(const Worker& worker, int status, const PoolOptions& options) {
  WorkerReport report;
  report.job = worker.job;
  report.host_seconds = age_of(worker);
  report.timed_out = worker.timed_out;
  report.completed = !worker.timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (report.completed) {
    report.output = content(worker.output);
  } else if (worker.timed_out) {
    report.ending = fmt::format("stopped at the time limit of {} s", *options.limit_seconds);
  } else if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    report.ending = fmt::format("the worker was ended by signal {} ({}){}", signal,
                                strsignal(signal), last_words(worker));
  } else {
    report.ending =
        fmt::format("the worker ended with code {}{}", WEXITSTATUS(status), last_words(worker));
  }
  return report;
}

class Pool {
 public:
  Pool(const std::vector<std::size_t>& jobs, const std::function<std::string(std::size_t)>& work,
       const PoolOptions& options)
      : waiting_(jobs.begin(), jobs.end()), work_(work), options_(options) {}
  ~Pool() {
    for (const Worker& worker : workers_) {
      kill(worker.process, SIGKILL);
      (void)wait_for(worker);
    }
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool run() {
    while (!waiting_.empty() || !workers_.empty()) {
      if (options_.interrupt != nullptr && options_.interrupt->load()) {
        return false;
      }
      while (!waiting_.empty() && workers_.size() < std::max<std::size_t>(options_.workers, 1)) {
        const std::size_t job = waiting_.front();
        waiting_.pop_front();
        if (options_.started) {
          options_.started(job);
        }
        workers_.push_back(start(work_, job, options_.limit_bytes));
      }
      wait_a_little();
      stop_late_ones();
      collect();
      if (options_.waiting) {
        options_.waiting();
      }
    }
    return true;
  }

 private:
  void wait_a_little() const {
    constexpr int kMilliseconds = 100;
    std::vector<pollfd> handles;
    for (const Worker& worker : workers_) {
      handles.push_back({worker.handle.get(), POLLIN, 0});
    }
    (void)poll(handles.data(), handles.size(), kMilliseconds);
  }

  void stop_late_ones() {
    for (Worker& worker : workers_) {
      if (options_.limit_seconds && age_of(worker) > *options_.limit_seconds) {
        pollfd handle{worker.handle.get(), POLLIN, 0};
        worker.timed_out = worker.timed_out || poll(&handle, 1, 0) == 0;
        kill(worker.process, SIGKILL);
      }
    }
  }

  void collect() {
    for (std::size_t i = 0; i < workers_.size();) {
      pollfd handle{workers_[i].handle.get(), POLLIN, 0};
      if (poll(&handle, 1, 0) <= 0) {
        ++i;
        continue;
      }
      const Worker worker = std::move(workers_[i]);
      workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(i));
      const int status = wait_for(worker);
      if (was_killed(worker, status) && kills_[worker.job]++ < options_.kills) {
        waiting_.push_back(worker.job);
      } else if (options_.ended) {
        options_.ended(report_of(worker, status, options_));
      }
    }
  }

  std::deque<std::size_t> waiting_;
  const std::function<std::string(std::size_t)>& work_;
  const PoolOptions& options_;
  std::map<std::size_t, int> kills_;  // by job
  std::vector<Worker> workers_;
};

}  // namespace

std::size_t available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) {
    return 1;
  }
  return static_cast<std::size_t>(std::max(CPU_COUNT(&cores), 1));
}

std::uint64_t available_memory() {
  const std::uint64_t machine =
      static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 1L)) * page_bytes();
  std::uint64_t group = 0;
  // "max", which is no number, where there is no limit.
  return std::ifstream("/sys/fs/cgroup/memory.max") >> group ? std::min(machine, group) : machine;
}

bool run_jobs(const std::vector<std::size_t>& jobs,
              const std::function<std::string(std::size_t)>& work, const PoolOptions& options) {
  return Pool(jobs, work, options).run();
}

}  // namespace orrery::sweep
