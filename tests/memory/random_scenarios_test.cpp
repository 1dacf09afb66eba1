// SPDX-License-Identifier: Apache-2.0
// That the random scenarios reach what they are there for, judged by the clocked reference.
#include "tests/memory/random_scenarios.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/memory/reference/outcome.h"
#include "tests/memory/reference/variant_specs.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

constexpr std::uint64_t kSeeds = 50;

TEST(RandomScenarios, UseEveryPolicy) {
  const Spec spec = with_all_commands(test::describe("ddr4_2400"));
  // (which policy, which value)
  std::set<std::pair<int, int>> used;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ControllerConfig config = random_scenario(spec, seed).config.controller;
    used.insert({0, static_cast<int>(config.page_policy)});
    used.insert({1, static_cast<int>(config.scheduler)});
    used.insert({2, static_cast<int>(config.buffer)});
    used.insert({3, static_cast<int>(config.response_queue)});
    used.insert({4, static_cast<int>(config.refresh_policy)});
    used.insert({5, static_cast<int>(config.arbiter)});
    used.insert({6, static_cast<int>(config.power_down)});
  }
  // 5 page policies, 3 schedulers, buffers, refresh policies, arbiters and power-downs, 2 response
  // queues.
  EXPECT_EQ(used.size(), 5U + 5 * 3U + 2U);
}

TEST(RandomScenarios, AreValidConfigurations) {
  for (const NamedSpec& standard : specs_under_test()) {
    const Spec spec = standard.make();
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const Scenario scenario = random_scenario(spec, seed);
      EXPECT_NO_THROW(scenario.config.check(scenario.spec)) << standard.name << " seed " << seed;
    }
  }
}

TEST(RandomScenarios, IssueEveryCommandAndTakeEveryDecision) {
  const Spec spec = with_all_commands(test::describe("ddr4_2400"));
  std::vector<std::uint64_t> commands(spec.commands.size(), 0);
  std::uint64_t forwarded = 0;
  std::uint64_t directions = 0;
  std::uint64_t blocks = 0;
  std::uint64_t submitted = 0;
  std::uint64_t ended = 0;
  RankStatistics time;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Scenario scenario = random_scenario(spec, seed);
    const Outcome outcome = run_reference(scenario);
    submitted += scenario.submissions.size();
    ended += outcome.completions.size();
    for (std::size_t i = 0; i < commands.size(); ++i) {
      commands[i] += outcome.statistics.commands[i];
    }
    forwarded += outcome.statistics.total.forwarded;
    for (const Event& event : outcome.events) {
      directions += event.kind == Event::Kind::kDirection ? 1 : 0;
      blocks += event.kind == Event::Kind::kBlocked ? 1 : 0;
    }
    const RankStatistics& rank = outcome.statistics.ranks[0];
    time.active += rank.active;
    time.precharged += rank.precharged;
    time.refreshing += rank.refreshing;
    time.active_power_down += rank.active_power_down;
    time.precharged_power_down += rank.precharged_power_down;
    time.self_refresh += rank.self_refresh;
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    EXPECT_GE(commands[i], 10U) << spec.commands[i].name;
  }
  EXPECT_GE(forwarded, 100U);
  EXPECT_GE(directions, 150U);
  EXPECT_GE(blocks, 300U);
  // Some starve (a tiny refresh interval, one credit); most must end, or the ends go untested.
  EXPECT_GE(4 * ended, 3 * submitted);
  for (const Cycle share : {time.active, time.precharged, time.refreshing, time.active_power_down,
                            time.precharged_power_down, time.self_refresh}) {
    EXPECT_GE(share, 10000);
  }
}

}  // namespace
}  // namespace orrery::memory::dram::test
