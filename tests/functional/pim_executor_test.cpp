// SPDX-License-Identifier: Apache-2.0
#include "functional/pim_executor.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "functional/executor.h"
#include "tests/functional/race_checker.h"
#include "tests/functional/trial.h"

namespace orrery::functional {
namespace {

using command::PimOperation;
using command::PimProgram;
using command::PimStep;
using numeric::ElementType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const command::Space kScratchpad{command::SpaceKind::kScratchpad, 0};
const command::Space kTier{command::SpaceKind::kTier, 0};

// By index of small_memory().commands.
enum Name : std::uint16_t { kOpen, kTakeRow, kLoad, kDot, kRead, kDotRead, kEven, kReadEven, kOne };

// Two channels of four banks, three rows of 64 bytes in each, columns of 16 bytes (8 fp16). The
// halves of a row lie 64 bytes apart, the other channel's between them.
command::PimMemory small_memory() {
  command::PimMemory memory;
  memory.tier = 0;
  memory.channel = {{2, 32}};
  memory.bank = {{4, 128}};
  memory.row = {{3, 512}};
  memory.byte = {{2, 64}, {32, 1}};
  memory.column_bytes = 16;
  memory.commands = {{"OPEN", PimOperation::kNone, false, 1, 0, 4, 1},
                     {"TAKE_ROW", PimOperation::kLoadRow, false, 1, 0, 1, 1},
                     {"LOAD", PimOperation::kLoad, false, 1, 16, 1, 1},
                     {"DOT", PimOperation::kDot, false, 1, 0, 4, 1},
                     {"READ", PimOperation::kRead, false, 1, 8, 4, 1},  // four results of two bytes
                     {"DOT_READ", PimOperation::kDotRead, false, 1, 8, 4, 1},
                     {"EVEN", PimOperation::kDot, false, 1, 0, 2, 2},
                     {"READ_EVEN", PimOperation::kRead, false, 1, 16, 2, 2},
                     {"ONE", PimOperation::kDot, false, 1, 0, 1, 1}};
  return memory;
}

PimStep step(Name name, std::int64_t bank, std::int64_t row, std::int64_t column,
             std::int64_t count = 1) {
  PimStep result;
  result.command = name;
  result.bank = bank;
  result.row = row;
  result.column = column;
  result.count = count;
  return result;
}

class PimExecution : public ::testing::Test {
 protected:
  PimExecution() : memory_({2048}, 1024, {64, 64}) {
    header_.engines = {"pim", "dma"};
    header_.tiers = {"tier"};
    header_.layers.resize(1);
    header_.pim_memories = {small_memory()};
  }

  // fp16 elements of a row from one of them on.
  void fill(std::int64_t channel, std::int64_t bank, std::int64_t row, std::int64_t element,
            const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::int64_t byte = 2 * (element + static_cast<std::int64_t>(i));
      memory_.space(kTier).write(header_.pim_memories[0].address(channel, bank, row, byte) * 8,
                                 ElementType::kFp16, values[i]);
    }
  }
  void put(std::int64_t address, const std::vector<double>& values) {
    memory_.write_tensor(kScratchpad, address, ElementType::kFp16, std::ssize(values), values);
  }
  std::vector<double> get(std::int64_t address, std::int64_t count) {
    return memory_.read_tensor(kScratchpad, address, ElementType::kFp16, count, count);
  }
  bool is_defined(std::int64_t address) {
    return memory_.space(kScratchpad).find(address * 8, ElementType::kFp16).has_value();
  }

  static PimProgram program(std::vector<PimStep> steps) {
    PimProgram result;
    result.channel = 1;
    result.steps.assign(steps.begin(), steps.end());
    result.destination.address = 512;
    return result;
  }
  void run(const PimProgram& program) {
    command::Command command;
    command.id = 7;
    command.body = program;
    executor_.execute(command, header_);
  }
  std::string fault_of(const PimProgram& program) {
    try {
      run(program);
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  }

  Memory memory_;
  Executor executor_{memory_};
  command::StreamHeader header_;
};

const std::vector<double> kOneToEight{1, 2, 3, 4, 5, 6, 7, 8};

TEST_F(PimExecution, MultipliesColumnsOfAllBanksByTheVectorThatIsLoaded) {
  put(0, kOneToEight);
  for (int bank = 0; bank < 4; ++bank) {
    fill(1, bank, 2, 16, std::vector<double>(8, bank + 1.0));  // column 2, in the other half
  }
  run(program({step(kLoad, 0, 0, 2), step(kDot, 0, 2, 2), step(kRead, 0, 0, 0)}));
  // 1 + ... + 8 = 36, times 1, 2, 3, 4
  EXPECT_THAT(get(512, 4), ElementsAre(36, 72, 108, 144));
}

TEST_F(PimExecution, TakesTheVectorFromARowAcrossItsHalves) {
  fill(1, 3, 1, 0, std::vector<double>(16, 2.0));
  fill(1, 3, 1, 16, std::vector<double>(16, 3.0));
  fill(1, 0, 0, 0, std::vector<double>(32, 1.0));
  run(program({step(kTakeRow, 3, 1, 0), step(kOne, 0, 0, 0, 4), step(kRead, 0, 0, 0)}));
  // 16 * 2 + 16 * 3; the others did nothing
  EXPECT_THAT(get(512, 4), ElementsAre(80, 0, 0, 0));
}

TEST_F(PimExecution, AddsOneColumnAfterTheOtherAndClearsWhatIsRead) {
  put(0, kOneToEight);
  fill(1, 0, 0, 0, std::vector<double>(8, 1.0));
  fill(1, 0, 1, 0, std::vector<double>(8, 10.0));
  PimProgram twice = program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kOne, 0, 1, 0),
                              step(kRead, 0, 0, 0), step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)});
  twice.destination.stride = {0, 8};  // the second read of the repetition
  run(twice);
  // 36 + 360, then 36 again
  EXPECT_THAT(get(512, 8), ElementsAre(396, 0, 0, 0, 36, 0, 0, 0));
}

// Programs of another stream may come between two: none finds what another left.
TEST_F(PimExecution, BeginsEachProgramWithoutVectorAndSums) {
  put(0, kOneToEight);
  fill(1, 0, 0, 0, std::vector<double>(8, 1.0));
  run(program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)}));
  EXPECT_EQ(get(512, 1), std::vector<double>{36});
  run(program({step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)}));
  EXPECT_FALSE(is_defined(512));
  EXPECT_THAT(fault_of(program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0)})),
              HasSubstr("the sum of bank 0 is read by no step"));
  run(program({step(kRead, 0, 0, 0)}));
  EXPECT_THAT(get(512, 4), ElementsAre(0, 0, 0, 0));
}

// The vector is loaded before three repetitions, from one place: the source's first stride is that
// of repetitions.
TEST_F(PimExecution, DoesWhatIsDoneOnceInTheFirstRepetition) {
  put(0, kOneToEight);
  put(16, std::vector<double>(8, 1.0));
  for (int r = 0; r < 3; ++r) {
    fill(1, 2, r, 0, std::vector<double>(16, r + 1.0));
  }
  PimStep first = step(kLoad, 0, 0, 0);
  PimStep second = step(kLoad, 0, 0, 1);
  first.once = second.once = true;
  PimStep dots = step(kOne, 2, 0, 0, 2);
  dots.row_step = 1;
  PimProgram all = program({first, second, dots, step(kRead, 0, 0, 0)});
  all.repetitions = 3;
  all.source.stride = {1000, 16};
  all.destination.stride = {8, 0};
  run(all);
  // 36 + 8 = 44, times 1, 2, 3
  EXPECT_THAT(get(512, 12), ElementsAre(0, 0, 44, 0, 0, 0, 88, 0, 0, 0, 132, 0));
}

TEST_F(PimExecution, RepetitionsStepThroughRowsColumnsAndTheScratchpad) {
  put(0, kOneToEight);
  put(32, std::vector<double>(8, 1.0));
  for (int r = 0; r < 2; ++r) {
    fill(1, 2, r, 8 * r, std::vector<double>(8, r + 1.0));  // row 0 column 0, row 1 column 1
  }
  PimStep loads = step(kLoad, 0, 0, 0);
  loads.column_step = 1;
  PimStep dots = step(kOne, 2, 0, 0);
  dots.row_step = 1;
  dots.column_step = 1;
  PimProgram both = program({loads, dots, step(kRead, 0, 0, 0)});
  both.repetitions = 2;
  both.source.stride = {32, 0};
  both.destination.stride = {16, 0};
  run(both);
  EXPECT_EQ(get(512 + 4, 1), std::vector<double>{36});       // (1 + ... + 8) * 1
  EXPECT_EQ(get(512 + 16 + 4, 1), std::vector<double>{16});  // 8 * 1 * 2
}

TEST_F(PimExecution, CompositeCommandsTakeSeveralColumnsAndReadOnce) {
  put(0, std::vector<double>(32, 1.0));
  fill(1, 1, 0, 8, std::vector<double>(24, 0.5));
  fill(1, 0, 0, 8, std::vector<double>(24, 1.0));
  fill(1, 2, 0, 8, std::vector<double>(24, 2.0));
  fill(1, 3, 0, 8, std::vector<double>(24, 4.0));
  run(program({step(kLoad, 0, 0, 0, 4), step(kDotRead, 0, 0, 1, 3)}));
  EXPECT_THAT(get(512, 4), ElementsAre(24, 12, 48, 96));
}

TEST_F(PimExecution, BanksTakePartByTheirStep) {
  put(0, std::vector<double>(8, 1.0));
  for (int bank = 0; bank < 4; ++bank) {
    fill(1, bank, 0, 0, std::vector<double>(8, bank + 1.0));
  }
  put(516, {99.0});  // behind two results, within the bytes that are read
  run(program({step(kLoad, 0, 0, 0), step(kEven, 1, 0, 0), step(kReadEven, 1, 0, 0)}));
  // Banks 1 and 3.
  EXPECT_THAT(get(512, 2), ElementsAre(16, 32));
  EXPECT_FALSE(is_defined(516));
  // Nothing was added to banks 0 and 2, and what was read is clear.
  run(program({step(kRead, 0, 0, 0)}));
  EXPECT_THAT(get(512, 4), ElementsAre(0, 0, 0, 0));
}

TEST_F(PimExecution, ZerosOfTheVectorHideWhatWasNeverWritten) {
  put(0, {1, 2, 3, 0, 0, 0, 0, 0});
  fill(1, 0, 0, 0, {5, 6, 7});  // nothing behind
  run(program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)}));
  EXPECT_THAT(get(512, 4), ElementsAre(38, 0, 0, 0));  // 5 + 12 + 21
}

TEST_F(PimExecution, BanksWithUndefinedRowsGiveResultsThatNobodyMayRead) {
  put(0, kOneToEight);
  put(512, {9, 9, 9, 9});
  fill(1, 0, 0, 0, std::vector<double>(8, 1.0));
  fill(1, 2, 0, 0, std::vector<double>(8, 1.0));
  fill(1, 3, 0, 0, std::vector<double>(7, 1.0));  // one element short
  run(program({step(kLoad, 0, 0, 0), step(kDot, 0, 0, 0), step(kRead, 0, 0, 0)}));
  EXPECT_EQ(get(512, 1), std::vector<double>{36});
  EXPECT_FALSE(is_defined(514));
  EXPECT_EQ(get(516, 1), std::vector<double>{36});
  EXPECT_FALSE(is_defined(518));
  EXPECT_THROW((void)get(512, 4), MemoryFault);
  // Read is clear.
  run(program({step(kRead, 0, 0, 0)}));
  EXPECT_THAT(get(512, 4), ElementsAre(0, 0, 0, 0));
}

TEST_F(PimExecution, UndefinedStaysUndefinedUntilItIsRead) {
  put(0, kOneToEight);
  fill(1, 0, 1, 0, kOneToEight);
  run(program(
      {step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kOne, 0, 1, 0), step(kRead, 0, 0, 0)}));
  EXPECT_FALSE(is_defined(512));
  EXPECT_TRUE(is_defined(514));
}

TEST_F(PimExecution, AVectorThatWasNeverLoadedMakesSumsUndefined) {
  fill(1, 0, 0, 0, std::vector<double>(8, 1.0));
  run(program({step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)}));
  EXPECT_FALSE(is_defined(512));
}

TEST_F(PimExecution, ElementsOfAnotherTypeAreUndefined) {
  put(0, kOneToEight);
  for (int i = 0; i < 8; ++i) {
    memory_.space(kTier).write((32 + 2 * i) * 8, ElementType::kBf16, 1.0);
  }
  run(program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)}));
  EXPECT_FALSE(is_defined(512));
}

TEST_F(PimExecution, WritesResultsInTheirOwnType) {
  put(0, kOneToEight);
  fill(1, 1, 0, 0, std::vector<double>(8, 1.0));
  PimProgram wide = program({step(kLoad, 0, 0, 0), step(kOne, 1, 0, 0), step(kReadEven, 1, 0, 0)});
  wide.result_type = ElementType::kFp32;
  run(wide);
  EXPECT_EQ(memory_.space(kScratchpad).read(512 * 8, ElementType::kFp32), 36.0);
  EXPECT_EQ(memory_.space(kScratchpad).read(516 * 8, ElementType::kFp32), 0.0);
}

TEST_F(PimExecution, MultipliesElementsOfHalfAByte) {
  for (int i = 0; i < 32; ++i) {
    memory_.space(kScratchpad).write(4 * i, ElementType::kInt4, i % 2);
    memory_.space(kTier).write(32 * 8 + 4 * i, ElementType::kInt4, i % 8);
  }
  PimProgram small = program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)});
  small.type = ElementType::kInt4;
  run(small);
  EXPECT_EQ(get(512, 1), std::vector<double>{64});  // 4 * (1 + 3 + 5 + 7)
}

TEST_F(PimExecution, FaultsNameTheStep) {
  PimStep beyond = step(kDot, 0, 1, 0);
  beyond.row_step = 1;
  PimProgram rows = program({step(kOpen, 0, 0, 0), beyond});
  rows.repetitions = 3;
  EXPECT_THAT(fault_of(rows), HasSubstr("command 7 (pim, layer ''): step 1 (DOT) of repetition 2: "
                                        "row 3 of 3"));
  EXPECT_THAT(fault_of(program({step(kDot, 1, 0, 0)})), HasSubstr("bank 4 of 4"));
  EXPECT_THAT(fault_of(program({step(kTakeRow, 4, 0, 0)})), HasSubstr("bank 4 of 4"));
  EXPECT_THAT(fault_of(program({step(kOne, 0, 0, 3, 2)})), HasSubstr("column 4 of 4"));
  EXPECT_THAT(fault_of(program({step(kLoad, 0, 0, 3, 2)})),
              HasSubstr("byte 64 of the vector buffer of channel 1 lies outside the memory"));
  PimProgram wide = program({step(kRead, 0, 0, 0)});
  wide.result_type = ElementType::kFp32;
  EXPECT_THAT(fault_of(wide), HasSubstr("8 bytes for the results of 4 banks"));
  PimProgram far = program({});
  far.channel = 2;
  EXPECT_THAT(fault_of(far), HasSubstr("channel 2 of 2"));
}

TEST_F(PimExecution, FaultsWhereBytesThatLieTogetherSplitElements) {
  header_.pim_memories[0].byte = {{32, 1}, {2, 32}};
  EXPECT_THAT(fault_of(program({step(kOne, 0, 0, 0)})), HasSubstr("parts of an fp16"));
}

// The move that brings the vector needs a dependency.
TEST_F(PimExecution, RandomOrdersFindMissingDependencies) {
  for (const bool waits : {true, false}) {
    int wrong = 0;
    std::vector<command::Command> commands(2);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      commands[i].id = i + 1;
    }
    command::Move move;
    move.source = {kTier, 0, {}};
    move.destination = {kScratchpad, 0, {}};
    move.row_bytes = 16;
    commands[0].engine = 1;
    commands[0].body = move;
    commands[1].body = program({step(kLoad, 0, 0, 0), step(kOne, 0, 0, 0), step(kRead, 0, 0, 0)});
    if (waits) {
      commands[1].after.push_back({1, 1});
    }
    EXPECT_EQ(orrery::testing::find_race(commands, header_).empty(), waits);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      memory_ = Memory({2048}, 1024, {64, 64});
      memory_.write_tensor(kTier, 0, ElementType::kFp16, 8, kOneToEight);
      fill(1, 0, 0, 0, kOneToEight);
      orrery::testing::ListSource source(header_, commands);
      Executor(memory_).run_in_random_order(source, seed);
      // 1 + 4 + ... + 64 = 204
      wrong += memory_.space(kScratchpad).find(512 * 8, ElementType::kFp16) == 204.0 ? 0 : 1;
    }
    EXPECT_EQ(wrong > 0, !waits);
  }
}

}  // namespace
}  // namespace orrery::functional
