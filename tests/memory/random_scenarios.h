// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "memory/dram/channel.h"

namespace orrery::memory::dram::test {

struct Submission {
  Cycle at = 0;  // the horizon at which it becomes known
  Transfer transfer;
  Cycle arrival = 0;
  std::uint64_t ticket = 0;
};

struct ProgramSubmission {
  Cycle at = 0;  // the horizon at which it becomes known
  PimProgram program;
  Cycle arrival = 0;
};

struct Scenario {
  Spec spec;
  ChannelConfig config;
  std::vector<Submission> submissions;  // by `at`
  Cycle end = 0;
  std::vector<ProgramSubmission> programs = {};  // by `at`
};

// A channel of the standard under random policies with random small parameters, and transfers of
// mixed shapes for it. The refresh intervals are shortened so that refreshes bind. The spec needs
// the commands of every policy.
[[nodiscard]] Scenario random_scenario(const Spec& spec, std::uint64_t seed);

// The policies and their parameters, for the message of a failed comparison.
[[nodiscard]] std::string describe(const ChannelConfig& config);

// `count` times the environment variable ORRERY_TEST_SCALE (1 where it is not set).
[[nodiscard]] std::uint64_t scaled(std::uint64_t count);

}  // namespace orrery::memory::dram::test
