// SPDX-License-Identifier: Apache-2.0
// Long streams under the policies that let the channel run ahead: the stretches of reads that it
// serves without looking for candidates begin, break off and end as the clocked reference says.
#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/memory/random_scenarios.h"
#include "tests/memory/reference/outcome.h"
#include "tests/memory/reference/variant_specs.h"

namespace orrery::memory::dram::test {
namespace {

// Mostly one initiator that reads; now and then another one, a write, a pause or a jump.
Scenario stream_scenario(const Spec& spec, std::uint64_t seed) {
  base::Random random(seed);
  Scenario scenario{spec, {}, {}, 30000};
  scenario.config.controller.buffer_size = random.integer(1, 40);
  scenario.config.controller.write_high = random.integer(1, scenario.config.controller.buffer_size);
  scenario.config.controller.write_low =
      random.integer(0, *scenario.config.controller.write_high - 1);
  scenario.config.controller.refresh_policy = static_cast<RefreshPolicyKind>(random.integer(0, 2));
  if (spec.command(CommandKind::kRefreshBanks) < 0 &&
      scenario.config.controller.refresh_policy == RefreshPolicyKind::kPerBank) {
    scenario.config.controller.refresh_policy = RefreshPolicyKind::kAllBank;
  }
  scenario.config.controller.arbiter = static_cast<ArbiterKind>(random.integer(0, 2));
  scenario.config.credits = static_cast<int>(random.integer(1, 80));
  scenario.config.round_trip = random.integer(0, 60);
  Cycle at = 0;
  std::uint64_t address = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    at += random.integer(0, 5) == 0 ? random.integer(0, 1500) : 0;
    const bool stray = random.integer(0, 5) == 0;
    Transfer transfer;
    transfer.row_bytes = stray ? random.integer(1, 400) : random.integer(1000, 30000);
    if (stray || random.integer(0, 3) == 0) {
      address = static_cast<std::uint64_t>(random.integer(0, spec.capacity_bytes() / 2));
    }
    transfer.address = address;
    address += static_cast<std::uint64_t>(transfer.row_bytes);
    transfer.is_write = stray && random.integer(0, 1) == 0;
    transfer.initiator = stray ? 1 : 0;
    scenario.submissions.push_back({at, transfer, at + random.integer(0, 30), i});
  }
  return scenario;
}

class StreamAgainstReference : public testing::TestWithParam<NamedSpec> {};

TEST_P(StreamAgainstReference, DoesTheSameInTheSameCyclesForEveryLookahead) {
  const Spec spec = GetParam().make();
  for (std::uint64_t seed = 1; seed <= scaled(6); ++seed) {
    const Scenario scenario = stream_scenario(spec, seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(scenario.config));
    const Outcome first = run_channel(scenario, 100000);
    expect_equal(first, run_reference(scenario), scenario.spec, false);
    for (const Cycle step : {1, 64}) {
      SCOPED_TRACE("in steps of " + std::to_string(step));
      expect_equal(run_channel(scenario, step), first, scenario.spec, true);
    }
    if (HasFailure()) {
      return;
    }
    // The scenarios are streams: most requests find their row open.
    EXPECT_GT(first.statistics.total.row_hits, 2 * first.statistics.total.activates);
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, StreamAgainstReference, testing::ValuesIn(specs_under_test()),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace orrery::memory::dram::test
