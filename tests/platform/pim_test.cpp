// SPDX-License-Identifier: Apache-2.0
// Programs of PIM commands as a stream sends them.
#include <gtest/gtest.h>

#include "command/form_names.h"
#include "hardware/pim_memory.h"
#include "platform/run.h"
#include "tests/platform/list_source.h"

namespace orrery::platform {
namespace {

using command::PimProgram;
using command::PimStep;

constexpr command::EngineIndex kPim0 = 4;
constexpr command::EngineIndex kPim1 = 5;

hardware::PlatformConfig platform(const std::vector<std::string>& overrides = {}) {
  std::vector<config::Override> changes;
  for (const std::string& text : overrides) {
    changes.push_back(config::parse_override(text));
  }
  return hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/small_pim.yaml", changes);
}

class PimRun : public testing::Test {
 protected:
  PimRun() : platform_(platform()), source_(header()) {}

  // One step of a tile: its header and 8 columns of all banks with the results.
  [[nodiscard]] PimProgram tile(std::int64_t channel, std::int64_t row,
                                std::int64_t repetitions = 1) const {
    PimProgram program;
    program.channel = channel;
    program.repetitions = repetitions;
    PimStep header = step("HEADER");
    header.row = row;
    header.count = 8;
    header.results = 1;
    header.row_step = 1;
    PimStep product = header;
    product.command = step("GEMV").command;
    product.results = 0;
    program.steps = {header, product};
    program.destination = {0, {64, 0}};
    program.macs_useful = 32 * 8 * 16 * repetitions;  // banks, columns, elements
    return program;
  }

  [[nodiscard]] PimStep step(const std::string& name) const {
    PimStep result;
    const auto& commands = memories_.front().commands;
    while (commands.at(result.command).name != name) {
      ++result.command;
    }
    return result;
  }

  metrics::RunResult execute(std::int64_t macs) {
    command::StreamHeader complete = source_.header();
    complete.layers.front().macs_useful = macs;
    ListSource source(complete);
    command::Command command;
    while (source_.next(command)) {
      source.add(command.engine, command.body, {command.after.begin(), command.after.end()});
    }
    metrics::RunResult result = run(platform_, source).result;
    EXPECT_FALSE(result.invariants.empty());
    for (const metrics::Invariant& invariant : result.invariants) {
      EXPECT_TRUE(invariant.holds) << invariant.name << ": " << invariant.detail;
    }
    return result;
  }

  command::StreamHeader header() const {
    command::StreamHeader header;
    header.workload = "test";
    header.platform = "small_pim";
    header.engines = {"array", "vector", "load", "store", "pim0", "pim1"};
    header.tiers = {"memory"};
    header.layers.push_back({"products", "attention", 0, "", "", ""});
    header.pim_memories = memories_;
    return header;
  }

  hardware::PlatformConfig platform_;
  std::vector<command::PimMemory> memories_ = hardware::pim_memories_of(platform_);
  ListSource source_;
};

// The map row:rank:bank_group:bank:column[3:2]:channel:column[1:0] over bursts of 64 bytes: 256
// bytes of a row, then those of the other channel, four times; 2 KiB a bank of both channels, and
// 32 banks of them before the next row.
TEST_F(PimRun, ARowLiesWhereTheAddressMapSays) {
  ASSERT_EQ(memories_.size(), 1U);
  const command::PimMemory& memory = memories_.front();
  using Digits = command::PimMemory::Digits;
  EXPECT_EQ(memory.channel, (Digits{{2, 256}}));
  EXPECT_EQ(memory.byte, (Digits{{4, 512}, {256, 1}}));
  EXPECT_EQ(memory.bank, (Digits{{32, 2048}}));
  EXPECT_EQ(memory.row, (Digits{{32768, 65536}}));
  EXPECT_EQ(memory.column_bytes, 32);
  EXPECT_EQ(memory.address(1, 3, 2, 300), 256 + 3 * 2048 + 2 * 65536 + 512 + 44);
}

TEST_F(PimRun, AHashedAddressMapHasNoRows) {
  const hardware::PlatformConfig hashed =
      hardware::load_platform(ORRERY_SOURCE_DIR "/tests/platform/small_pim_hashed.yaml", {});
  EXPECT_TRUE(hardware::pim_memories_of(hashed).empty());
}

// Of GEMV: 32 banks, 32 columns of 16 elements, 2 * (32 + 1) cycles apart. One product of 32 banks
// every two cycles, 256, is reached by COMP alone.
TEST_F(PimRun, PeakIsThatOfTheClosestProducts) {
  EXPECT_EQ(hardware::peak_pim_macs(platform_.memory.front().second.dram), base::Rational(256));
}

// Sequencer 1 cycle, fabric 5; four G_ACT of each rank 30 apart from cycle 6 on, on one bus: the
// last at 97 (rank 1 a cycle behind rank 0). GEMV 14 later, at 111; it is done 2 * (8 + 1) + 14 + 2
// = 34 later, and the results are back after 5 more: 6 + 91 + 14 + 34 + 5 = 150.
TEST_F(PimRun, ATileTakesTheTimeOfItsCommands) {
  source_.add(kPim0, tile(0, 100));
  const metrics::RunResult result = execute(4096);
  EXPECT_EQ(result.cycles, 150);
  EXPECT_EQ(result.engines[kPim0].cycles.busy, 149);
  EXPECT_EQ(result.engines[kPim0].macs_useful, 4096);
  EXPECT_EQ(result.engines[kPim0].macs_executed, 4096);
  EXPECT_EQ(result.engines[kPim0].bytes_written, 64);
}

TEST_F(PimRun, ChannelsWorkAtTheSameTime) {
  source_.add(kPim0, tile(0, 100));
  source_.add(kPim1, tile(1, 100));
  EXPECT_EQ(execute(2 * 4096).cycles, 151);  // dispatched a cycle apart
}

// A program behind one of the same channel begins when that has ended; its answer needs not be back
// first, for it is at the channel already.
TEST_F(PimRun, TheNextProgramWaitsAtTheChannel) {
  source_.add(kPim0, tile(0, 100, 2));
  const std::int64_t together = execute(2 * 4096).cycles;
  source_ = ListSource(header());
  source_.add(kPim0, tile(0, 100));
  source_.add(kPim0, tile(0, 101));
  EXPECT_EQ(execute(2 * 4096).cycles, together);
}

TEST_F(PimRun, AWriteBeforeAProgramIsThereWhenItRuns) {
  command::Move write;
  write.destination.space = {command::SpaceKind::kTier, 0};
  write.destination.address = memories_.front().address(0, 0, 200, 0);
  write.row_bytes = 256;
  const command::CommandId stored = source_.add(3, write);
  PimProgram load;
  load.steps = {step("GWRITE")};
  load.steps.front().row = 200;
  source_.add(kPim0, load, {{3, stored}});
  const metrics::RunResult result = execute(0);
  EXPECT_EQ(result.tiers.front().bytes_written, 256);
  EXPECT_EQ(result.engines[kPim0].bytes_written, 0);
}

}  // namespace
}  // namespace orrery::platform
