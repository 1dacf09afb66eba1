// SPDX-License-Identifier: Apache-2.0
// The constraints between RD, ACT and PRE in their short form against the whole table.
#include "memory/dram/read_timing.h"

#include <gtest/gtest.h>

#include <bit>
#include <numeric>

#include "base/random.h"
#include "tests/memory/reference/variant_specs.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

class ReadTimingOf : public testing::TestWithParam<NamedSpec> {};

TEST_P(ReadTimingOf, SaysWhatTheTableSaysAndLeavesItUpToDate) {
  const Spec spec = GetParam().make();
  std::vector<int> all(spec.commands.size());
  std::iota(all.begin(), all.end(), 0);
  const TimingTable table(spec, all);
  const ReadTiming::Commands commands = {spec.command(CommandKind::kRead),
                                         spec.command(CommandKind::kActivate),
                                         spec.command(CommandKind::kPrecharge)};
  const auto banks = static_cast<unsigned>(spec.banks());
  const auto ranks = static_cast<unsigned>(spec.ranks());
  const auto rank_shift = static_cast<unsigned>(std::countr_zero(banks / ranks));
  ReadTiming timing(table, commands, ranks, rank_shift);
  ASSERT_TRUE(timing.suits());
  base::Random random(1);
  TimingState expected(table);
  TimingState stored(table);
  Cycle cycle = 0;
  for (int stretch = 0; stretch < 20; ++stretch) {
    timing.load(stored);
    for (std::int64_t left = random.integer(1, 40); left > 0; --left) {
      cycle += random.integer(1, 12);
      const auto bank = static_cast<unsigned>(random.integer(0, banks - 1));
      const auto need = static_cast<ReadNeed>(random.integer(0, kReadNeeds - 1));
      expected.issue(commands[need], bank, cycle);
      need == kColumn     ? timing.read(bank, cycle)
      : need == kActivate ? timing.activate(bank, cycle)
                          : timing.precharge(bank, cycle);
      for (unsigned other = 0; other < banks; ++other) {
        for (const ReadNeed later : {kColumn, kActivate, kPrecharge}) {
          const Cycle ready = std::max(
              timing.of_bank(later, other),
              std::max(timing.of_group(later, other), timing.of_rank(later, other >> rank_shift)));
          ASSERT_EQ(std::max<Cycle>(ready, 0),
                    std::max<Cycle>(expected.earliest(commands[later], other), 0))
              << "bank " << other << " at cycle " << cycle;
        }
      }
    }
    timing.store(stored);
    for (const int command : all) {
      for (unsigned bank = 0; bank < banks; ++bank) {
        ASSERT_EQ(stored.earliest(command, bank), expected.earliest(command, bank))
            << spec.commands[static_cast<std::size_t>(command)].name << " bank " << bank;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Standards, ReadTimingOf, testing::ValuesIn(specs_under_test()),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace orrery::memory::dram::test
