// SPDX-License-Identifier: Apache-2.0
#include "lowering/machine/pim_command_set.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace orrery::lowering {
namespace {

using command::PimCommand;
using command::PimMemory;
using command::PimOperation;

PimCommand one(const char* name, PimOperation operation, std::int64_t most_count,
               std::int64_t bytes, std::int64_t banks) {
  PimCommand command;
  command.name = name;
  command.operation = operation;
  command.most_count = most_count;
  command.bytes = bytes;
  command.banks = banks;
  return command;
}

// Four banks, rows of 64 bytes, columns of 8.
PimMemory memory_with(std::vector<PimCommand> commands) {
  PimMemory memory;
  memory.channel = {{1, 0}};
  memory.bank = {{4, 64}};
  memory.row = {{16, 256}};
  memory.byte = {{64, 1}};
  memory.column_bytes = 8;
  memory.commands = std::move(commands);
  return memory;
}

std::string lacking(const PimMemory& memory) {
  std::string text;
  EXPECT_FALSE(PimCommandSet::of(memory, text));
  return text;
}

const PimCommand kLoadRow = one("GWRITE", PimOperation::kLoadRow, 1, 0, 1);
const PimCommand kDot = one("COMP", PimOperation::kDot, 1, 0, 4);
const PimCommand kRead = one("READRES", PimOperation::kRead, 1, 8, 4);

TEST(PimCommandSet, TakesACompositeCommandBeforeSingleOnes) {
  const PimMemory memory =
      memory_with({kDot, kRead, one("GEMV", PimOperation::kDotRead, 8, 8, 4), kLoadRow});
  std::string text;
  const auto set = PimCommandSet::of(memory, text);
  ASSERT_TRUE(set);
  PimCommandSet::Steps steps;
  set->add_product(steps, 3, 2, 5, 1);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].command, 2);
  EXPECT_EQ(steps[0].row, 3);
  EXPECT_EQ(steps[0].column, 2);
  EXPECT_EQ(steps[0].count, 5);
  EXPECT_EQ(steps[0].row_step, 1);
  EXPECT_EQ(set->result_bits(), 16);  // 8 bytes of four banks
}

TEST(PimCommandSet, GivesAShortCompositeCommandTheLastColumns) {
  // 5 columns: three single ones, then two with the read.
  const PimMemory memory =
      memory_with({kDot, one("GEMV", PimOperation::kDotRead, 2, 8, 4), kLoadRow});
  std::string text;
  const auto set = PimCommandSet::of(memory, text);
  ASSERT_TRUE(set);
  PimCommandSet::Steps steps;
  set->add_product(steps, 0, 1, 5, 0);
  ASSERT_EQ(steps.size(), 4U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(steps[i].command, 0);
    EXPECT_EQ(steps[i].column, 1 + static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(steps[3].command, 1);
  EXPECT_EQ(steps[3].column, 4);
  EXPECT_EQ(steps[3].count, 2);
}

TEST(PimCommandSet, ReadsSomeBanksAfterTheOther) {
  const PimMemory memory =
      memory_with({kDot, one("READRES", PimOperation::kRead, 1, 4, 2), kLoadRow});
  std::string text;
  const auto set = PimCommandSet::of(memory, text);
  ASSERT_TRUE(set);
  EXPECT_EQ(set->reads(), 2);
  PimCommandSet::Steps steps;
  set->add_product(steps, 0, 0, 1, 0);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[1].bank, 0);
  EXPECT_EQ(steps[2].bank, 2);
}

TEST(PimCommandSet, SaysWhatAMemoryLacks) {
  EXPECT_EQ(lacking(memory_with({kRead, kLoadRow})),
            "a command that multiplies columns of all banks of a channel");
  // Every second bank is not all banks.
  EXPECT_EQ(lacking(memory_with({one("EVEN", PimOperation::kDot, 1, 0, 2), kRead, kLoadRow})),
            "a command that multiplies columns of all banks of a channel");
  EXPECT_EQ(lacking(memory_with({kDot, kLoadRow})), "a command that reads the results of banks");
  EXPECT_EQ(lacking(memory_with({kDot, kRead})), "a command that loads the vector of a channel");
  // 24 bytes do not divide a row.
  EXPECT_EQ(lacking(memory_with({kDot, kRead, one("WRGB", PimOperation::kLoad, 1, 24, 4)})),
            "a command that loads the vector of a channel");
}

}  // namespace
}  // namespace orrery::lowering
