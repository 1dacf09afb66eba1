// SPDX-License-Identifier: Apache-2.0
// The channel against the clocked reference, event by event, under random policies and transfers.
#include <gtest/gtest.h>

#include "tests/memory/random_scenarios.h"
#include "tests/memory/reference/outcome.h"
#include "tests/memory/reference/variant_specs.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

class ChannelAgainstReference : public testing::TestWithParam<NamedSpec> {};

TEST_P(ChannelAgainstReference, DoesTheSameInTheSameCyclesForEveryLookahead) {
  const Spec spec = GetParam().make();
  std::size_t commands = 0;
  std::size_t forwarded = 0;
  const std::uint64_t scenarios = scaled(10);
  for (std::uint64_t seed = 1; seed <= scenarios; ++seed) {
    const Scenario scenario = random_scenario(spec, seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(scenario.config));
    const Outcome reference = run_reference(scenario);
    const Outcome first = run_channel(scenario, 1);
    expect_equal(first, reference, scenario.spec, false);
    if (HasFailure()) {
      return;
    }
    for (const Cycle step : {7, 64, 100000}) {
      SCOPED_TRACE("in steps of " + std::to_string(step));
      expect_equal(run_channel(scenario, step), first, scenario.spec, true);
    }
    if (HasFailure()) {
      return;
    }
    for (const std::uint64_t count : first.statistics.commands) {
      commands += count;
    }
    forwarded += first.statistics.total.forwarded;
  }
  EXPECT_GT(commands, 1000 * scenarios);
  EXPECT_GT(forwarded, scenarios / 2);
}

TEST(ChannelUnderAStream, ServesOnlyTheOpenRowWhileAnotherRowOfTheBankWaits) {
  // One initiator reads row 0 of bank 0 again and again (every fourth burst: 4 bank groups);
  // another wants row 1 of that bank, 16 banks of 8 KiB further, once or twice in between.
  for (const Cycle arrival : {100, 301, 302, 303, 700}) {
    Scenario scenario{shipped("ddr4_2400"), {}, {}, 8000};
    Submission stream;
    stream.transfer.row_bytes = 64;
    stream.transfer.outer = {Dimension{128, 256}, Dimension{8, 0}, Dimension{}};
    Submission other;
    other.transfer.address = 16 * 8192;
    other.transfer.row_bytes = arrival == 700 ? 512 : 64;
    other.transfer.initiator = 1;
    other.ticket = 1;
    other.arrival = arrival;
    scenario.submissions = {stream, other};
    SCOPED_TRACE("the other row at " + std::to_string(arrival));
    const Outcome reference = run_reference(scenario);
    EXPECT_EQ(reference.completions.size(), 2U);
    for (const Cycle step : {1, 64, 100000}) {
      SCOPED_TRACE("in steps of " + std::to_string(step));
      expect_equal(run_channel(scenario, step), reference, scenario.spec, false);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, ChannelAgainstReference, testing::ValuesIn(specs_under_test()),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace orrery::memory::dram::test
