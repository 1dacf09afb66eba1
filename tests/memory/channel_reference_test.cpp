// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "tests/memory/reference/clocked_controller.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

class Recorder : public CompletionSink, public ChannelObserver {
 public:
  void slice_done(std::uint64_t ticket, std::uint32_t initiator, Cycle cycle) override {
    completions.push_back({ticket, initiator, cycle});
  }
  void command(const CommandRecord& record) override { log.push_back(record); }

  std::vector<CommandRecord> log;
  std::vector<Completion> completions;
};

struct Submission {
  Cycle at = 0;  // the horizon at which it becomes known
  Transfer transfer;
  Cycle arrival = 0;
  std::uint64_t ticket = 0;
};

struct Scenario {
  Spec spec;
  ChannelConfig config;
  std::vector<Submission> submissions;  // by `at`
  Cycle end = 0;
};

// Transfers of mixed shapes: long streams, short rows with strides, single bursts, a hot row that
// is read and written at once, pauses of more than a refresh interval.
std::vector<Submission> random_submissions(base::Random& random, const Spec& spec, Cycle span,
                                           int count) {
  std::vector<Submission> result;
  const std::int64_t capacity = spec.capacity_bytes();
  const int initiators = static_cast<int>(random.integer(1, 4));
  Cycle at = 0;
  for (int i = 0; i < count; ++i) {
    at += random.integer(0, 4) == 0 ? random.integer(0, 2 * span / count) : 0;
    Transfer transfer;
    const std::int64_t shape = std::max<std::int64_t>(random.integer(-2, 4), 0);
    const std::int64_t region = shape == 0 ? 1024 : capacity / 2;
    transfer.address = static_cast<std::uint64_t>(random.integer(0, region - 1));
    transfer.row_bytes = shape == 1   ? random.integer(1, 8192)
                         : shape == 2 ? random.integer(1, 300)
                         : shape == 0 ? random.integer(1, 400)
                                      : spec.access_bytes;
    if (shape == 0) {
      transfer.outer[0] = {random.integer(1, 10), 0};
    }
    if (shape == 2 || shape == 3) {
      transfer.outer[0] = {random.integer(1, 20), random.integer(0, 100000)};
      transfer.outer[1] = {random.integer(1, 3), random.integer(0, 1000000)};
    }
    transfer.is_write = random.integer(0, 2) == 0;
    transfer.initiator = static_cast<std::uint32_t>(random.integer(0, initiators - 1));
    result.push_back({at, transfer, at + random.integer(0, 30), static_cast<std::uint64_t>(i)});
  }
  return result;
}

Scenario random_scenario(const Spec& spec, std::uint64_t seed) {
  base::Random random(seed);
  Scenario scenario{spec, {}, {}, 0};
  ControllerConfig& controller = scenario.config.controller;
  controller.buffer_size = random.integer(1, 40);
  controller.write_high = random.integer(1, controller.buffer_size);
  controller.write_low = random.integer(0, *controller.write_high - 1);
  scenario.config.credits = static_cast<int>(random.integer(1, 70));
  scenario.config.round_trip = random.integer(0, 60);
  controller.refresh_policy =
      random.integer(0, 4) != 0 ? RefreshPolicyKind::kAllBank : RefreshPolicyKind::kNone;
  scenario.submissions = random_submissions(random, spec, 30000, 90);
  scenario.end = 40000;
  return scenario;
}

ReferenceSlice written_out(const Submission& submission, const Spec& spec) {
  ReferenceSlice slice;
  const auto access = static_cast<std::uint64_t>(spec.access_bytes);
  SliceCursor cursor(submission.transfer, AddressMap(1, spec.access_bytes), 0,
                     static_cast<int>(spec.access_bytes));
  while (!cursor.done()) {
    slice.bursts.push_back(cursor.next());
  }
  EXPECT_GE(slice.bursts.size() * access, 1U);
  slice.is_write = submission.transfer.is_write;
  slice.initiator = submission.transfer.initiator;
  slice.ticket = submission.ticket;
  slice.arrival = submission.arrival;
  return slice;
}

Recorder run_channel(const Scenario& scenario, Cycle step, ChannelStatistics& statistics) {
  Recorder recorder;
  Channel channel(scenario.spec, scenario.config, recorder, &recorder);
  const AddressMap map(1, scenario.spec.access_bytes);
  std::size_t next = 0;
  while (channel.horizon() < scenario.end) {
    while (next < scenario.submissions.size() &&
           scenario.submissions[next].at <= channel.horizon()) {
      const Submission& submission = scenario.submissions[next++];
      Slice slice;
      slice.cursor =
          SliceCursor(submission.transfer, map, 0, static_cast<int>(scenario.spec.access_bytes));
      slice.is_write = submission.transfer.is_write;
      slice.initiator = submission.transfer.initiator;
      slice.layer = static_cast<std::uint32_t>(submission.ticket % 5);
      slice.ticket = submission.ticket;
      channel.submit(slice, submission.arrival);
    }
    Cycle until = channel.horizon() + step;
    if (next < scenario.submissions.size()) {
      until = std::min(until, scenario.submissions[next].at);
    }
    // Nothing may be said about the time before this bound.
    const Cycle bound = channel.completion_bound();
    const std::size_t known = recorder.completions.size();
    const bool more = next < scenario.submissions.size();
    channel.advance(std::min(until, scenario.end));
    for (std::size_t i = known; i < recorder.completions.size() && !more; ++i) {
      EXPECT_GE(recorder.completions[i].cycle, bound);
    }
  }
  statistics = channel.statistics();
  return recorder;
}

void expect_equal(const std::vector<CommandRecord>& actual,
                  const std::vector<CommandRecord>& expected, const Spec& spec) {
  const auto text = [&](const CommandRecord& r) {
    return std::to_string(r.cycle) + " " + spec.commands[static_cast<std::size_t>(r.command)].name +
           " bank " + std::to_string(r.bank) + " row " + std::to_string(r.row) + " column " +
           std::to_string(r.column) + " request " + std::to_string(r.request);
  };
  for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
    ASSERT_EQ(text(actual[i]), text(expected[i])) << "command " << i;
  }
  ASSERT_EQ(actual.size(), expected.size());
}

struct Standard {
  std::string name;
  Spec (*make)();
};

class ChannelAgainstReference : public testing::TestWithParam<Standard> {};

TEST_P(ChannelAgainstReference, IssuesTheSameCommandsInTheSameCycles) {
  const Spec spec = GetParam().make();
  std::size_t commands = 0;
  std::size_t forwarded = 0;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Scenario scenario = random_scenario(spec, seed);
    ClockedController reference(spec, scenario.config);
    std::size_t next = 0;
    for (Cycle now = 0; now < scenario.end; ++now) {
      while (next < scenario.submissions.size() && scenario.submissions[next].at <= now) {
        reference.submit(written_out(scenario.submissions[next++], spec));
      }
      reference.run(now + 1);
    }
    ChannelStatistics statistics;
    const Recorder recorder = run_channel(scenario, 64, statistics);
    expect_equal(recorder.log, reference.log(), spec);
    if (HasFatalFailure()) {
      return;
    }
    EXPECT_THAT(recorder.completions, testing::UnorderedElementsAreArray(reference.completions()));
    EXPECT_EQ(statistics.total.row_hits, reference.counts().hits);
    EXPECT_EQ(statistics.total.row_misses, reference.counts().misses);
    EXPECT_EQ(statistics.total.row_conflicts, reference.counts().conflicts);
    EXPECT_EQ(statistics.total.forwarded, reference.counts().forwarded);
    EXPECT_EQ(statistics.total.read_latency_sum, reference.counts().latency_sum);
    for (std::size_t rank = 0; rank < statistics.ranks.size(); ++rank) {
      const RankStatistics& expected = reference.counts().ranks[rank];
      EXPECT_EQ(statistics.ranks[rank].active, expected.active);
      EXPECT_EQ(statistics.ranks[rank].precharged, expected.precharged);
      EXPECT_EQ(statistics.ranks[rank].refreshing, expected.refreshing);
      EXPECT_EQ(statistics.ranks[rank].refreshes, expected.refreshes);
    }
    commands += recorder.log.size();
    forwarded += statistics.total.forwarded;
  }
  EXPECT_GT(commands, 60000U);
  EXPECT_GT(forwarded, 20U);
}

TEST_P(ChannelAgainstReference, DoesNotDependOnTheStepsInWhichItIsAdvanced) {
  const Spec spec = GetParam().make();
  for (std::uint64_t seed = 101; seed <= 106; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Scenario scenario = random_scenario(spec, seed);
    ChannelStatistics first;
    const Recorder expected = run_channel(scenario, 1, first);
    for (const Cycle step : {7, 64, 100000}) {
      ChannelStatistics statistics;
      const Recorder recorder = run_channel(scenario, step, statistics);
      expect_equal(recorder.log, expected.log, spec);
      EXPECT_EQ(recorder.completions, expected.completions);
      EXPECT_EQ(statistics.total.read_latency_sum, first.total.read_latency_sum);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, ChannelAgainstReference,
                         testing::Values(Standard{"ddr4", [] { return shipped("ddr4_2400"); }},
                                         Standard{"ddr4_two_ranks", ddr4_of_two_ranks},
                                         Standard{"ddr4_long_commands", ddr4_with_long_commands},
                                         Standard{"hbm2", [] { return shipped("hbm2_2000"); }},
                                         Standard{"hbm2_neupims",
                                                  [] { return shipped("hbm2_neupims"); }}),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace orrery::memory::dram::test
