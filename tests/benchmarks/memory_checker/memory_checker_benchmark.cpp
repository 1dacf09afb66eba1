// SPDX-License-Identifier: Apache-2.0
// Runs channels of all standards, densities, policies and refresh modes on random transfers with
// the whole checker behind them, and prints what it found.
//   memory_checker_benchmark [MILLIONS OF COMMANDS, 20 unless given]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <map>

#include "tests/memory_checker/random_runs.h"
#include "tests/memory_checker/standards.h"

namespace {

using namespace orrery::memory;
using namespace orrery::memory::checker;

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t commands = 0;
  std::uint64_t findings = 0;
};

// Commands by the value of each parameter: "page_policy=open" and so on.
std::vector<std::string> words_of(const test::RandomRun& run) {
  std::vector<std::string> words;
  const std::string text = test::describe(run);
  for (const std::string key :
       {"page_policy=", "scheduler=", "scheduler_buffer=", "refresh_policy=", "power_down="}) {
    const std::size_t at = text.find(" " + key) + 1;
    words.push_back(text.substr(at, text.find(' ', at) - at));
  }
  words.push_back(run.config.controller.hit_cap > 0 ? "hit_cap above 0" : "hit_cap=0");
  words.push_back(run.config.controller.refresh_max_postponed > 0 ? "postponed above 0"
                                                                  : "postponed=0");
  words.push_back(run.config.controller.refresh_max_pulled_in > 0 ? "pulled in above 0"
                                                                  : "pulled in=0");
  return words;
}

void print(const std::map<std::string, Totals>& totals) {
  for (const auto& [name, total] : totals) {
    fmt::print("  {:36} {:6} runs {:12} commands {:8} findings\n", name, total.runs, total.commands,
               total.findings);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t wanted = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20) * 1000000;
  constexpr int kTransfers = 1000;
  constexpr std::size_t kShown = 10;
  std::map<std::string, Totals> by_standard;
  std::map<std::string, Totals> by_policy;
  Totals all;
  std::array<std::uint64_t, kFindingKinds> kinds{};
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t seed = 1000;
  while (all.commands < wanted) {
    for (const std::string& standard : test::shipped_standards()) {
      ++seed;  // other policies for each standard
      const test::RandomRun run = test::random_run(test::variant(standard, seed), seed, kTransfers);
      Findings findings;
      const std::uint64_t commands = test::check_run(run, findings);
      const auto count = [&](Totals& totals) {
        ++totals.runs;
        totals.commands += commands;
        totals.findings += findings.total();
      };
      count(all);
      count(by_standard[standard]);
      for (const std::string& word : words_of(run)) {
        count(by_policy[word]);
      }
      for (std::size_t kind = 0; kind < kFindingKinds; ++kind) {
        kinds[kind] += findings.count(static_cast<FindingKind>(kind));
      }
      if (findings.total() > 0 && all.findings - findings.total() < kShown) {
        fmt::print("{} seed {}: {}\n{}", standard, seed, test::describe(run),
                   findings.to_string(2));
      }
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  print(by_standard);
  print(by_policy);
  for (std::size_t kind = 0; kind < kFindingKinds; ++kind) {
    fmt::print("  {:12} {}\n", finding_kind_names()[kind], kinds[kind]);
  }
  fmt::print(
      "{} commands in {} runs, {} findings, {:.1f} s with the channel: {:.0f} commands a second\n",
      all.commands, all.runs, all.findings, seconds.count(),
      static_cast<double>(all.commands) / seconds.count());
  return all.findings == 0 ? 0 : 1;
}
