// SPDX-License-Identifier: Apache-2.0
// Streams and random reads under the policies that let the channel serve stretches of reads from a
// window of their own: stretches begin, break off and end as the clocked reference says.
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

// Several initiators that read at the same time, one of them perhaps nearly nothing, while another
// writes now and then: queued writes are read again, and the direction changes back and forth.
Scenario crowded_scenario(const Spec& spec, std::uint64_t seed) {
  base::Random random(seed);
  Scenario scenario{spec, {}, {}, 30000};
  ControllerConfig& controller = scenario.config.controller;
  controller.buffer = random.integer(0, 3) == 0 ? BufferKind::kShared : BufferKind::kReadWrite;
  controller.buffer_size = random.integer(4, 64);
  controller.write_high = random.integer(2, controller.buffer_size);
  controller.write_low = random.integer(0, *controller.write_high - 1);
  controller.refresh_policy =
      random.integer(0, 2) == 0 ? RefreshPolicyKind::kNone : RefreshPolicyKind::kAllBank;
  controller.arbiter = static_cast<ArbiterKind>(random.integer(0, 2));
  scenario.config.credits = static_cast<int>(random.integer(2, 80));
  scenario.config.credits_of_initiator = {static_cast<int>(random.integer(0, 4))};
  scenario.config.round_trip = random.integer(0, 60);
  const std::int64_t readers = random.integer(2, 4);
  Cycle at = 0;
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    at += random.integer(0, 9) == 0 ? random.integer(0, 1500) : 0;
    Transfer transfer;
    transfer.is_write = random.integer(0, 3) == 0;
    const bool again = random.integer(0, 4) == 0;
    transfer.initiator =
        static_cast<std::uint32_t>(transfer.is_write ? readers : random.integer(0, readers - 1));
    transfer.row_bytes =
        transfer.is_write || again ? random.integer(1, 2000) : random.integer(1000, 12000);
    transfer.address =
        again ? written : static_cast<std::uint64_t>(random.integer(0, spec.capacity_bytes() / 2));
    written = transfer.is_write ? transfer.address : written;
    scenario.submissions.push_back({at, transfer, at + random.integer(0, 30), i});
  }
  return scenario;
}

// One initiator that reads bursts anywhere, within a few rows of each bank or in one row, now and
// then with a pause; seldom another one or a write.
Scenario random_read_scenario(const Spec& spec, std::uint64_t seed) {
  base::Random random(seed);
  Scenario scenario{spec, {}, {}, 40000};
  ControllerConfig& controller = scenario.config.controller;
  // Both sides of what a window holds.
  controller.buffer_size =
      random.integer(0, 3) == 0 ? random.integer(90, 100) : random.integer(1, 64);
  controller.refresh_policy =
      random.integer(0, 2) == 0 ? RefreshPolicyKind::kNone : RefreshPolicyKind::kAllBank;
  scenario.config.credits = static_cast<int>(random.integer(1, 200));
  scenario.config.round_trip = random.integer(0, 60);
  const std::int64_t all_rows = spec.banks() * spec.columns * spec.access_bytes;
  Cycle at = 0;
  for (std::uint64_t i = 0; i < 900; ++i) {
    at += random.integer(0, 60) == 0 ? random.integer(0, 1500) : 0;
    const std::int64_t kind = random.integer(0, 9);
    Transfer transfer;
    transfer.row_bytes = spec.access_bytes * (kind == 0 ? random.integer(2, 40) : 1);
    const std::int64_t region =
        kind < 5 ? spec.capacity_bytes() / 2 : (kind < 9 ? 4 * all_rows : 8192);
    transfer.address = static_cast<std::uint64_t>(random.integer(0, region - 1));
    const std::int64_t stray = random.integer(0, 199);
    transfer.is_write = stray == 0;
    transfer.initiator = stray < 2 ? 1 : 0;
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

TEST_P(StreamAgainstReference, DoesTheSameForSeveralReadersBesideAWriter) {
  const Spec spec = GetParam().make();
  std::uint64_t forwarded = 0;
  std::size_t directions = 0;
  for (std::uint64_t seed = 1; seed <= scaled(6); ++seed) {
    const Scenario scenario = crowded_scenario(spec, seed);
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
    forwarded += first.statistics.total.forwarded;
    for (const Event& event : first.events) {
      directions += event.kind == Event::Kind::kDirection ? 1 : 0;
    }
  }
  EXPECT_GT(forwarded, 10U);
  EXPECT_GT(directions, 20U);
}

TEST_P(StreamAgainstReference, DoesTheSameForRandomReads) {
  const Spec spec = GetParam().make();
  for (std::uint64_t seed = 1; seed <= scaled(2); ++seed) {
    const Scenario scenario = random_read_scenario(spec, seed);
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
    // Every access of the first half of the kinds opens a row of its own, as a rule.
    EXPECT_GT(first.statistics.total.activates, 200U);
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, StreamAgainstReference, testing::ValuesIn(specs_under_test()),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace orrery::memory::dram::test
