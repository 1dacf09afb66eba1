// SPDX-License-Identifier: Apache-2.0
#include "tests/memory/reference/outcome.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace orrery::memory::dram::test {

namespace {

class CompletionList : public CompletionSink {
 public:
  void slice_done(std::uint64_t ticket, std::uint32_t initiator, Cycle cycle) override {
    completions.push_back({ticket, initiator, cycle});
  }
  std::vector<Completion> completions;
};

Slice slice_of(const Submission& submission, const Spec& spec) {
  Slice slice;
  slice.cursor = SliceCursor(submission.transfer, AddressMap(1, spec.access_bytes), 0,
                             static_cast<int>(spec.access_bytes));
  slice.is_write = submission.transfer.is_write;
  slice.initiator = submission.transfer.initiator;
  slice.layer = submission.transfer.layer;
  slice.ticket = submission.ticket;
  return slice;
}

std::vector<std::string> lines_of(const Outcome& outcome, const Spec& spec) {
  std::vector<std::string> lines;
  for (const Event& event : outcome.events) {
    lines.push_back(event.text(spec));
  }
  return lines;
}

// Says whether they are the same.
bool expect_same_lines(const std::vector<std::string>& actual,
                       const std::vector<std::string>& expected) {
  const std::size_t common = std::min(actual.size(), expected.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (actual[i] != expected[i]) {
      std::string before;
      for (std::size_t k = i - std::min<std::size_t>(i, 12); k < i; ++k) {
        before += "\n    " + expected[k];
      }
      ADD_FAILURE() << "event " << i << "\n  is       " << actual[i] << "\n  expected "
                    << expected[i] << "\n  after" << before;
      return false;
    }
  }
  EXPECT_EQ(actual.size(), expected.size()) << "events";
  return actual.size() == expected.size();
}

void expect_same_accesses(const AccessStatistics& actual, const AccessStatistics& expected) {
  EXPECT_EQ(actual.read_bursts, expected.read_bursts);
  EXPECT_EQ(actual.write_bursts, expected.write_bursts);
  EXPECT_EQ(actual.row_hits, expected.row_hits);
  EXPECT_EQ(actual.row_misses, expected.row_misses);
  EXPECT_EQ(actual.row_conflicts, expected.row_conflicts);
  EXPECT_EQ(actual.forwarded, expected.forwarded);
  EXPECT_EQ(actual.activates, expected.activates);
  EXPECT_EQ(actual.pim_steps, expected.pim_steps);
  EXPECT_EQ(actual.pim_row_commands, expected.pim_row_commands);
  EXPECT_EQ(actual.pim_bytes_in, expected.pim_bytes_in);
  EXPECT_EQ(actual.pim_bytes_out, expected.pim_bytes_out);
  EXPECT_EQ(actual.read_latency_sum, expected.read_latency_sum);
  EXPECT_EQ(actual.read_latency.buckets(), expected.read_latency.buckets());
}

void expect_same_statistics(const ChannelStatistics& actual, const ChannelStatistics& expected) {
  EXPECT_EQ(actual.cycles, expected.cycles);
  EXPECT_EQ(actual.access_bytes, expected.access_bytes);
  EXPECT_EQ(actual.commands, expected.commands);
  EXPECT_EQ(actual.repetitions, expected.repetitions);
  EXPECT_EQ(actual.pim_busy, expected.pim_busy);
  EXPECT_EQ(actual.data_bus_busy, expected.data_bus_busy);
  expect_same_accesses(actual.total, expected.total);
  ASSERT_EQ(actual.layers.size(), expected.layers.size());
  for (std::size_t i = 0; i < actual.layers.size(); ++i) {
    SCOPED_TRACE("layer " + std::to_string(i));
    expect_same_accesses(actual.layers[i], expected.layers[i]);
  }
  ASSERT_EQ(actual.ranks.size(), expected.ranks.size());
  for (std::size_t i = 0; i < actual.ranks.size(); ++i) {
    SCOPED_TRACE("rank " + std::to_string(i));
    EXPECT_EQ(actual.ranks[i].active, expected.ranks[i].active);
    EXPECT_EQ(actual.ranks[i].precharged, expected.ranks[i].precharged);
    EXPECT_EQ(actual.ranks[i].refreshing, expected.ranks[i].refreshing);
    EXPECT_EQ(actual.ranks[i].active_power_down, expected.ranks[i].active_power_down);
    EXPECT_EQ(actual.ranks[i].precharged_power_down, expected.ranks[i].precharged_power_down);
    EXPECT_EQ(actual.ranks[i].self_refresh, expected.ranks[i].self_refresh);
    EXPECT_EQ(actual.ranks[i].open_bank_cycles, expected.ranks[i].open_bank_cycles);
    EXPECT_EQ(actual.ranks[i].further_open, expected.ranks[i].further_open);
    EXPECT_EQ(actual.ranks[i].refreshes, expected.ranks[i].refreshes);
  }
}

}  // namespace

ReferenceSlice written_out(const Submission& submission, const Spec& spec) {
  ReferenceSlice slice;
  SliceCursor cursor = slice_of(submission, spec).cursor;
  while (!cursor.done()) {
    slice.bursts.push_back(cursor.next());
  }
  slice.is_write = submission.transfer.is_write;
  slice.initiator = submission.transfer.initiator;
  slice.layer = submission.transfer.layer;
  slice.ticket = submission.ticket;
  slice.arrival = submission.arrival;
  return slice;
}

Outcome run_reference(const Scenario& scenario) {
  ClockedController reference(scenario.spec, scenario.config);
  std::size_t program = 0;
  const auto submit_programs = [&](Cycle until) {
    for (; program < scenario.programs.size() && scenario.programs[program].at <= until;
         ++program) {
      const ProgramSubmission& next = scenario.programs[program];
      reference.run(std::min(next.at, scenario.end));
      reference.submit_pim(next.program, next.arrival);
    }
  };
  for (const Submission& submission : scenario.submissions) {
    submit_programs(submission.at);
    reference.run(std::min(submission.at, scenario.end));
    reference.submit(written_out(submission, scenario.spec));
  }
  submit_programs(scenario.end);
  reference.run(scenario.end);
  return {reference.events(), reference.completions(), reference.statistics()};
}

Outcome run_channel(const Scenario& scenario, Cycle step) {
  EventLog log;
  CompletionList sink;
  Channel channel(scenario.spec, scenario.config, sink, &log);
  std::size_t next = 0;
  std::size_t program = 0;
  while (channel.horizon() < scenario.end) {
    while (next < scenario.submissions.size() &&
           scenario.submissions[next].at <= channel.horizon()) {
      const Submission& submission = scenario.submissions[next++];
      channel.submit(slice_of(submission, scenario.spec), submission.arrival);
    }
    while (program < scenario.programs.size() &&
           scenario.programs[program].at <= channel.horizon()) {
      const ProgramSubmission& submission = scenario.programs[program++];
      channel.submit_pim(submission.program, submission.arrival);
    }
    Cycle until = channel.horizon() + step;
    if (next < scenario.submissions.size()) {
      until = std::min(until, scenario.submissions[next].at);
    }
    if (program < scenario.programs.size()) {
      until = std::min(until, scenario.programs[program].at);
    }
    const bool more = next < scenario.submissions.size() || program < scenario.programs.size();
    // Without further submissions nothing may be said about the time before this bound.
    const Cycle bound = channel.completion_bound();
    const std::size_t known = sink.completions.size();
    channel.advance(std::min(until, scenario.end));
    for (std::size_t i = known; i < sink.completions.size() && !more; ++i) {
      EXPECT_GE(sink.completions[i].cycle, bound);
    }
  }
  return {log.events(), sink.completions, channel.statistics()};
}

void expect_equal(const Outcome& actual, const Outcome& expected, const Spec& spec,
                  bool same_completion_order) {
  if (!expect_same_lines(lines_of(actual, spec), lines_of(expected, spec))) {
    return;
  }
  std::vector<Completion> done = actual.completions;
  std::vector<Completion> expected_done = expected.completions;
  if (!same_completion_order) {
    std::sort(done.begin(), done.end());
    std::sort(expected_done.begin(), expected_done.end());
  }
  EXPECT_TRUE(done == expected_done) << "completions differ";
  expect_same_statistics(actual.statistics, expected.statistics);
}

}  // namespace orrery::memory::dram::test
