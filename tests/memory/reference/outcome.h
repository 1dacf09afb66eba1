// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tests/memory/random_scenarios.h"
#include "tests/memory/reference/clocked_controller.h"

namespace orrery::memory::dram::test {

// Everything that can be seen of a run.
struct Outcome {
  std::vector<Event> events;
  std::vector<Completion> completions;
  ChannelStatistics statistics;
};

[[nodiscard]] ReferenceSlice written_out(const Submission& submission, const Spec& spec);

[[nodiscard]] Outcome run_reference(const Scenario& scenario);

// Advances the channel by `step` cycles at a time, or to the next submission where that is nearer.
// Adds a test failure for a completion before the announced bound.
[[nodiscard]] Outcome run_channel(const Scenario& scenario, Cycle step);

// Test failures for what differs: the first event, completions (in any order when they come from
// different models), and each figure of the statistics. Events other than commands are compared
// only when the channel tells of them.
void expect_equal(const Outcome& actual, const Outcome& expected, const Spec& spec,
                  bool same_completion_order);

}  // namespace orrery::memory::dram::test
