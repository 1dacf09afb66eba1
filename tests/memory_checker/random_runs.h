// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/checker/findings.h"
#include "memory/checker/log_event.h"
#include "memory/dram/channel.h"

namespace orrery::memory::checker::test {

struct Submission {
  Cycle known = 0;  // the horizon at which the channel is told
  Cycle arrival = 0;
  Transfer transfer;
};

struct RandomRun {
  dram::Spec spec;
  dram::ChannelConfig config;
  std::vector<Submission> submissions;  // by `known`
  Cycle end = 0;
  std::int64_t step = 1;  // cycles that the channel is advanced at a time
};

// A channel under random policies, of those for which the standard has the commands, with random
// parameters and refresh intervals, and `transfers` transfers: streams, strides, hot rows, single
// bursts, conflicts, and pauses in between. default_policies_only: only buffers and refresh vary.
[[nodiscard]] RandomRun random_run(const dram::Spec& spec, std::uint64_t seed, int transfers,
                                   bool default_policies_only = false);

// Runs the channel; the sink hears its events.
void run_channel(const RandomRun& run, EventSink& sink);

// Runs the channel with the whole checker behind it; returns the number of commands.
std::uint64_t check_run(const RandomRun& run, Findings& findings);

// The policies and their parameters.
[[nodiscard]] std::string describe(const RandomRun& run);

}  // namespace orrery::memory::checker::test
