// SPDX-License-Identifier: Apache-2.0
#include "sweep/worker_pool.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

namespace orrery::sweep {
namespace {

std::map<std::size_t, WorkerReport> run_all(std::size_t jobs,
                                            const std::function<std::string(std::size_t)>& work,
                                            PoolOptions options) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < jobs; ++i) {
    order.push_back(i);
  }
  std::map<std::size_t, WorkerReport> reports;
  options.ended = [&](const WorkerReport& report) {
    EXPECT_TRUE(reports.emplace(report.job, report).second) << "job " << report.job << " twice";
  };
  EXPECT_TRUE(run_jobs(order, work, options));
  return reports;
}

PoolOptions with_workers(std::size_t workers) {
  PoolOptions options;
  options.workers = workers;
  return options;
}

TEST(WorkerPool, BringsBackWhatEveryJobReturns) {
  const auto work = [](std::size_t job) { return std::string(job * 100'000, 'a'); };
  for (const std::size_t workers : {1U, 3U, 20U}) {
    const auto reports = run_all(7, work, with_workers(workers));
    ASSERT_EQ(reports.size(), 7U);
    for (const auto& [job, report] : reports) {
      EXPECT_TRUE(report.completed);
      EXPECT_EQ(report.output.size(), job * 100'000);
    }
  }
}

TEST(WorkerPool, OutlivesJobsThatDoNot) {
  const auto work = [](std::size_t job) -> std::string {
    switch (job) {
      case 0:
        std::abort();
      case 1:
        throw std::runtime_error("thrown");
      case 2:
        raise(SIGKILL);
        return "";
      case 3:
        _exit(7);
      default:
        return "fine";
    }
  };
  PoolOptions options = with_workers(2);
  options.kills = 1;
  const auto reports = run_all(6, work, options);
  EXPECT_THAT(reports.at(0).ending, testing::StartsWith("the worker was ended by signal 6"));
  EXPECT_EQ(reports.at(1).ending, "the worker ended with code 3: thrown");
  EXPECT_EQ(reports.at(2).ending, "the worker was ended by signal 9 (Killed)");
  EXPECT_EQ(reports.at(3).ending, "the worker ended with code 7");
  for (const std::size_t job : {0U, 1U, 2U, 3U}) {
    EXPECT_FALSE(reports.at(job).completed);
  }
  for (const std::size_t job : {4U, 5U}) {
    EXPECT_EQ(reports.at(job).output, "fine");
  }
}

TEST(WorkerPool, StartsAKilledJobAgainBehindTheOthers) {
  // Job 0 kills itself until a file says that it has done so twice.
  const std::string mark = testing::TempDir() + "worker_pool_kills";
  std::ofstream(mark).close();
  std::string events;
  PoolOptions options = with_workers(1);
  options.started = [&](std::size_t job) { events += std::to_string(job); };
  const auto work = [&](std::size_t job) {
    if (job == 0 && std::filesystem::file_size(mark) < 2) {
      (std::ofstream(mark, std::ios::app) << 'x').close();
      raise(SIGTERM);
    }
    return std::string("fine");
  };
  const auto reports = run_all(3, work, options);
  EXPECT_EQ(events, "01200");
  EXPECT_TRUE(reports.at(0).completed);
}

TEST(WorkerPool, RefusesAJobMoreMemoryThanItsLimit) {
  PoolOptions options = with_workers(1);
  options.limit_bytes = 64 << 20;
  const auto reports = run_all(
      2,
      [](std::size_t job) {
        // 16 MiB, then 256. A compiler may leave out the memory of a container,
        // but never a direct call of this function.
        ::operator delete(::operator new((job == 0 ? 16U : 256U) << 20));
        return std::string("fine");
      },
      options);
  EXPECT_TRUE(reports.at(0).completed);
  EXPECT_FALSE(reports.at(1).completed);
}

TEST(WorkerPool, KnowsTheMemoryOfTheMachine) {
  EXPECT_GT(available_memory(), std::uint64_t{64} << 20);
}

TEST(WorkerPool, StopsAJobAtItsLimit) {
  PoolOptions options = with_workers(2);
  options.limit_seconds = 0.2;
  const auto reports = run_all(
      2,
      [](std::size_t job) {
        while (job == 0) {
          pause();
        }
        return std::string("fine");
      },
      options);
  EXPECT_TRUE(reports.at(0).timed_out);
  EXPECT_EQ(reports.at(0).ending, "stopped at the time limit of 0.2 s");
  EXPECT_TRUE(reports.at(1).completed);
}

TEST(WorkerPool, KillsItsWorkersWhenItIsInterrupted) {
  std::atomic<bool> interrupt = false;
  PoolOptions options = with_workers(2);
  options.interrupt = &interrupt;
  options.waiting = [&] { interrupt = true; };
  const auto hang = [](std::size_t) -> std::string {
    while (true) {
      pause();
    }
  };
  EXPECT_FALSE(run_jobs({0, 1, 2}, hang, options));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);  // no child is left
}

TEST(WorkerPool, RunsNoMoreThanAskedFor) {
  // Job n + 1 starts when job n has ended: with one worker they alternate.
  std::string events;
  PoolOptions options = with_workers(1);
  options.started = [&](std::size_t job) { events += "s" + std::to_string(job); };
  options.ended = [&](const WorkerReport& report) { events += "e" + std::to_string(report.job); };
  EXPECT_TRUE(run_jobs({2, 0, 1}, [](std::size_t) { return std::string(); }, options));
  EXPECT_EQ(events, "s2e2s0e0s1e1");
}

}  // namespace
}  // namespace orrery::sweep
