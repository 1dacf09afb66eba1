// SPDX-License-Identifier: Apache-2.0
// Channels with processing in memory against the clocked reference, event by event, under random
// programs, requests and policies.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "memory/dram/channel_map.h"
#include "memory/specification/spec_schema.h"
#include "tests/memory/random_programs.h"
#include "tests/memory/random_scenarios.h"
#include "tests/memory/reference/outcome.h"

namespace orrery::memory::dram::test {
namespace {

using base::Random;

bool one_in(Random& random, std::int64_t n) {
  return random.integer(1, n) == 1;
}

template <class Kind>
Kind any_up_to(Random& random, Kind last) {
  return static_cast<Kind>(random.integer(0, static_cast<std::int64_t>(last)));
}

bool asks_for_admission(const Spec& spec) {
  return std::any_of(spec.commands.begin(), spec.commands.end(),
                     [](const Command& command) { return !command.admission.empty(); });
}

ControllerConfig random_controller(Random& random, const Spec& spec) {
  ControllerConfig config;
  config.page_policy = any_up_to(random, PagePolicyKind::kClosedAdaptive);
  config.scheduler = any_up_to(random, SchedulerKind::kFifo);
  config.hit_cap = one_in(random, 2) ? 0 : random.integer(1, 8);
  config.buffer = any_up_to(random, BufferKind::kBankwise);
  config.buffer_size = random.integer(1, 24);
  config.write_high = random.integer(1, config.write_places(spec.banks()));
  config.write_low = random.integer(0, *config.write_high - 1);
  config.response_queue = any_up_to(random, ResponseQueueKind::kFifo);
  const bool per_bank = spec.command(CommandKind::kRefreshBanks) >= 0;
  const std::int64_t refresh = random.integer(0, per_bank ? 4 : 3);
  config.refresh_policy = refresh == 0   ? RefreshPolicyKind::kNone
                          : refresh == 4 ? RefreshPolicyKind::kPerBank
                                         : RefreshPolicyKind::kAllBank;
  config.refresh_max_postponed = one_in(random, 3) ? random.integer(0, 4) : 0;
  config.refresh_max_pulled_in = one_in(random, 3) ? random.integer(0, 4) : 0;
  config.arbiter = any_up_to(random, ArbiterKind::kReadyFirst);
  if (spec.enter_pim.empty() && spec.leave_pim.empty()) {
    config.pim_policy = any_up_to(random, PimPolicyKind::kConcurrent);
  }
  if (one_in(random, 2)) {
    config.pim_slack_memory = random.integer(0, 60);
    config.pim_slack_activate = random.integer(0, 60);
    config.pim_slack_precharge = random.integer(0, 60);
    config.pim_slack_cost = random.integer(0, 60);
  }
  return config;
}

// Refreshes that come often. Work that asks for admission must fit between two of them.
void shorten_refresh(Random& random, Spec& spec) {
  const std::int64_t ranks = std::max(spec.ranks() / spec.data_buses(), 1);
  const std::int64_t longest_work = asks_for_admission(spec) ? 600 : 0;
  const std::int64_t least = 5 * spec.refresh_cycles / 2 + ranks * longest_work;
  spec.refresh_interval = random.integer(least, (one_in(random, 3) ? 5 : 2) * least);
  const std::int64_t sets = spec.banks() / spec.ranks();
  const std::int64_t each = spec.bank_refresh_cycles + 200 + longest_work;
  spec.bank_refresh_interval = random.integer(each * sets * ranks, 3 * each * sets * ranks);
}

Submission random_burst(Random& random, const Spec& spec, const ChannelMap& map) {
  Submission submission;
  const BankAddress place = {static_cast<std::uint32_t>(random.integer(0, spec.banks() - 1)),
                             static_cast<std::uint32_t>(random.integer(0, 3)),
                             static_cast<std::uint32_t>(random.integer(0, 5))};
  Transfer& transfer = submission.transfer;
  transfer.address = map.burst(place) * static_cast<std::uint64_t>(spec.access_bytes);
  transfer.row_bytes = spec.access_bytes * random.integer(1, 8);
  transfer.is_write = one_in(random, 2);
  transfer.initiator = static_cast<std::uint32_t>(random.integer(0, 2));
  transfer.layer = static_cast<std::uint32_t>(random.integer(0, 2));
  return submission;
}

Scenario random_pim_scenario(const Spec& spec, std::uint64_t seed) {
  Random random(seed);
  Scenario scenario{spec, {}, {}, 0};
  shorten_refresh(random, scenario.spec);
  scenario.config.controller = random_controller(random, spec);
  scenario.config.credits = static_cast<int>(random.integer(1, 40));
  scenario.config.round_trip = random.integer(0, 30);
  const ChannelMap map(spec);
  const std::int64_t programs_of_ten = random.integer(1, 8);
  const std::int64_t pause = one_in(random, 3) ? 20 : 160;
  Cycle at = 0;
  Cycle latest = 0;  // programs come in the order in which they are submitted
  for (std::uint64_t ticket = 0; ticket < 45; ++ticket) {
    at += one_in(random, 3) ? random.integer(0, pause) : 0;
    const Cycle arrival = at + random.integer(0, 40);
    if (random.integer(1, 10) <= programs_of_ten) {
      ProgramSubmission submission{at, random_program(spec, random), 0};
      latest = std::max(latest, arrival);
      submission.arrival = latest;
      submission.program.ticket = ticket;
      submission.program.layer = static_cast<std::uint32_t>(random.integer(0, 3));
      if (!submission.program.steps.empty()) {
        scenario.programs.push_back(submission);
      }
      continue;
    }
    Submission submission = random_burst(random, spec, map);
    submission.at = at;
    submission.arrival = arrival;
    submission.ticket = ticket;
    scenario.submissions.push_back(submission);
  }
  scenario.end = at + 9000;
  return scenario;
}

std::string describe_pim(const Scenario& scenario) {
  const ControllerConfig& c = scenario.config.controller;
  const bool concurrent = c.pim_policy == PimPolicyKind::kConcurrent;
  return describe(scenario.config) + (concurrent ? " | concurrent" : " | blocked") + " slack " +
         std::to_string(c.pim_slack_memory) + " " + std::to_string(c.pim_slack_activate) + " " +
         std::to_string(c.pim_slack_precharge) + " cost " + std::to_string(c.pim_slack_cost) +
         " | refresh every " + std::to_string(scenario.spec.refresh_interval);
}

class PimAgainstReference : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(PimAgainstReference, DoesTheSameInTheSameCyclesForEveryLookahead) {
  const Spec spec = load_spec(GetParam());
  std::uint64_t commands = 0;
  std::uint64_t steps = 0;
  std::uint64_t asked = 0;
  std::uint64_t ended = 0;
  const std::uint64_t scenarios = scaled(40);
  for (std::uint64_t seed = 1; seed <= scenarios; ++seed) {
    const Scenario scenario = random_pim_scenario(spec, seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe_pim(scenario));
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
    steps += first.statistics.total.pim_steps;
    asked += scenario.submissions.size() + scenario.programs.size();
    ended += first.completions.size();
  }
  std::cout << spec.name << ": " << scenarios << " scenarios, " << commands << " commands, "
            << steps << " steps of programs, " << ended << " of " << asked << " ended\n";
  EXPECT_GT(commands, 250 * scenarios);
  EXPECT_GT(steps, 50 * scenarios);
  // Some are asked for more than fits; half must end, or the ends go untested.
  EXPECT_GE(2 * ended, asked);
}

INSTANTIATE_TEST_SUITE_P(Files, PimAgainstReference, testing::ValuesIn(pim_files()),
                         [](const auto& parameter) { return parameter.param.stem().string(); });

}  // namespace
}  // namespace orrery::memory::dram::test
