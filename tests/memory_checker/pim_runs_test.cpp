// SPDX-License-Identifier: Apache-2.0
// Every shipped PIM command set under random programs and requests: the log of a channel breaks no
// row of the table, finds every row open that a command works on, and never one in two buffers.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"
#include "memory/checker/channel_recorder.h"
#include "memory/checker/log_checker.h"
#include "memory/checker/log_reader.h"
#include "memory/checker/log_writer.h"
#include "memory/dram/channel.h"
#include "memory/specification/spec_schema.h"
#include "tests/memory/random_programs.h"

namespace orrery::memory::checker::test {
namespace {

using base::Random;
using dram::test::pim_files;
using dram::test::random_program;

class Answers : public dram::CompletionSink {
 public:
  void slice_done(std::uint64_t /*ticket*/, std::uint32_t /*initiator*/, Cycle /*cycle*/) override {
    ++count;
  }
  int count = 0;
};

struct Totals {
  std::uint64_t commands = 0;
  std::uint64_t programs = 0;
  std::uint64_t bursts = 0;
};

void run(const dram::Spec& spec, const dram::ControllerConfig& controller, std::uint64_t seed,
         Totals& totals) {
  Random random(seed);
  Findings findings;
  std::ostringstream log;
  LogWriter writer(log, spec, controller);
  ChannelRecorder recorder(0, writer);
  Answers answers;
  dram::ChannelConfig config;
  config.controller = controller;
  dram::Channel channel(spec, config, answers, &recorder);
  const dram::ChannelMap map(spec);
  int asked = 0;
  Cycle now = 0;
  for (int i = 0; i < 60; ++i) {
    now += random.integer(0, 120);
    channel.advance(now);
    if (random.integer(1, 3) == 1) {
      dram::PimProgram program = random_program(spec, random);
      if (!program.steps.empty()) {
        channel.submit_pim(std::move(program), now);
        ++asked;
        ++totals.programs;
      }
      continue;
    }
    const std::int64_t bursts = random.integer(1, 6);
    for (std::int64_t b = 0; b < bursts; ++b) {
      Transfer transfer;
      transfer.address = map.burst({static_cast<std::uint32_t>(random.integer(0, spec.banks() - 1)),
                                    static_cast<std::uint32_t>(random.integer(0, 2)),
                                    static_cast<std::uint32_t>(random.integer(0, 3))}) *
                         static_cast<std::uint64_t>(spec.access_bytes);
      transfer.row_bytes = spec.access_bytes;
      dram::Slice slice;
      slice.cursor = SliceCursor(transfer, AddressMap(1, spec.access_bytes), 0,
                                 static_cast<int>(spec.access_bytes));
      slice.is_write = random.integer(0, 1) == 1;
      channel.submit(std::move(slice), now);
      ++asked;
      ++totals.bursts;
    }
  }
  for (int patience = 0; !channel.idle() && patience < 400; ++patience) {
    channel.advance(channel.horizon() + 2000);
  }
  EXPECT_EQ(answers.count, asked) << spec.name << " seed " << seed;
  std::istringstream in(log.str());
  totals.commands += check_log(in, "log", spec, findings, Depth::kDevice);
  EXPECT_EQ(findings.total(), 0U) << spec.name << " seed " << seed << "\n" << findings.to_string();
}

TEST(PimRuns, BreakNoRuleOfAnyShippedCommandSet) {
  constexpr std::uint64_t kSeeds = 12;
  for (const std::filesystem::path& file : pim_files()) {
    const dram::Spec spec = dram::load_spec(file);
    Totals totals;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      dram::ControllerConfig controller;
      controller.settle(spec);
      run(spec, controller, seed, totals);
      if (spec.enter_pim.empty()) {
        controller.pim_policy = dram::PimPolicyKind::kConcurrent;
        run(spec, controller, seed + 100, totals);
      }
    }
    std::cout << file.stem().string() << ": " << totals.commands << " commands, " << totals.programs
              << " programs, " << totals.bursts << " bursts\n";
    EXPECT_GT(totals.commands, 2000U);
  }
}

}  // namespace
}  // namespace orrery::memory::checker::test
