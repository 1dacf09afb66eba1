// SPDX-License-Identifier: Apache-2.0
// PIM memories and programs in both forms: what is written, and every mistake with its message.
#include <gtest/gtest.h>

#include <algorithm>

#include "command/binary_layout.h"
#include "command/byte_writer.h"
#include "command/pim_operations.h"
#include "tests/command/random_pim.h"
#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

// Two channels of four banks, three rows of 64 bytes in each, columns of 16 bytes: 1,536 bytes.
const std::string kMemory =
    "pim_memory dram column_bytes=16 channel=[2:32] bank=[4:128] row=[3:512] byte=[2:64,32:1]";

// Sixteen lines, so that the first command stands in the seventeenth.
std::vector<std::string> pim_header() {
  return {"orrery-stream 1",
          "workload w",
          "platform p",
          "seed 0",
          "engine banks",
          "engine other",
          "tier dram",
          "layer l gemm macs=0",
          kMemory,
          "pim_command dram OPEN none most_count=32 announces=yes",
          "pim_command dram TAKE load_row",
          "pim_command dram LOAD load bytes=16 most_count=4",
          "pim_command dram COMP dot banks=4 most_count=8",
          "pim_command dram EVEN dot banks=2 bank_step=2",
          "pim_command dram READ read bytes=8 banks=4",
          "pim_command dram GEMV dot_read bytes=8 banks=4 most_count=4"};
}

const std::string kProgram =
    "1 banks 0 pim memory=dram channel=1 repetitions=2 step=OPEN(count=4 results=1) "
    "step=LOAD(count=2) step=COMP(row=1 count=2 row_step=1) step=READ source=scratchpad@0 "
    "source_stride=32,0 destination=scratchpad@512 destination_stride=8,0 macs=96";

std::string pim_stream(const std::vector<std::string>& commands) {
  return joined(pim_header()) + joined(commands) + "end\n";
}
std::string program_with(const std::string& old, const std::string& by) {
  return pim_stream({replaced(kProgram, old, by)});
}
std::string memory_with(const std::string& old, const std::string& by) {
  return replaced(pim_stream({}), old, by);
}

TEST(PimForms, AreReadAsWritten) {
  const auto read = kTextForm.open(pim_stream({kProgram}));
  const PimMemory& memory = read->header().pim_memories.at(0);
  EXPECT_EQ(memory.tier, 0);
  EXPECT_EQ(memory.column_bytes, 16);
  EXPECT_EQ(memory.byte, (PimMemory::Digits{{2, 64}, {32, 1}}));
  EXPECT_EQ(memory.commands.at(4), (PimCommand{"EVEN", PimOperation::kDot, false, 1, 0, 2, 2}));
  const std::vector<Command> commands = drain(*read);
  const auto& program = std::get<PimProgram>(commands.at(0).body);
  EXPECT_EQ(program.channel, 1);
  EXPECT_EQ(program.repetitions, 2);
  ASSERT_EQ(program.steps.size(), 4U);
  EXPECT_EQ(program.steps[2], (PimStep{3, 0, 1, 0, 2, 0, 1, 0, false}));
  EXPECT_EQ(program.type, ElementType::kFp16);
  EXPECT_EQ(program.source, (PimProgram::End{0, {32, 0}}));
  EXPECT_EQ(program.macs_useful, 96);
}

TEST(PimForms, LeaveOutWhatHasItsDefault) {
  const std::string text =
      pim_stream({kProgram,
                  "2 other 0 after=banks:1 pim memory=dram step=TAKE(once=yes) step=COMP step=READ "
                  "type=int8 result_type=int16 destination=scratchpad@0"});
  EXPECT_EQ(kTextForm.bytes(*kTextForm.open(text)), text);
  const std::string binary = kBinaryForm.bytes(*kTextForm.open(text));
  EXPECT_EQ(kTextForm.bytes(*kBinaryForm.open(binary)), text);
  EXPECT_EQ(binary.at(8), 3);
}

TEST(PimForms, TakeLinesAndKeysInAnyOrder) {
  std::vector<std::string> lines = pim_header();
  std::reverse(lines.begin() + 1, lines.end());
  const std::string text = joined(lines) +
                           "1 banks 0 pim source=scratchpad@0 step=OPEN() "
                           "memory=\"dram\" step=LOAD(column_step=0 column=1)\nend\n";
  const auto read = kTextForm.open(text);
  EXPECT_EQ(read->header().pim_memories.at(0).commands.front().name, "GEMV");
  EXPECT_EQ(std::get<PimProgram>(drain(*read).at(0).body).steps.at(1).column, 1);
}

// A machine whose second tier is that of the header, with one command more and another order.
Extents machine() {
  Extents extents;
  extents.engines = {{"other", ""}, {"banks", "pim"}};
  extents.scratchpad = 1024;
  extents.tiers = {{"dram", 1536}, {"hbm", 64}};
  extents.tier_order = {"hbm", "dram"};
  PimMemory first;
  first.column_bytes = 1;
  PimMemory second = kTextForm.open(pim_stream({}))->header().pim_memories[0];
  second.tier = 1;
  std::reverse(second.commands.begin(), second.commands.end());
  second.commands.insert(second.commands.begin(), {"MODE", PimOperation::kNone});
  extents.pim_memories = {first, second};
  return extents;
}

TEST(PimForms, FollowTheMachinesOrderOfMemoriesAndCommands) {
  Extents extents = machine();
  const std::string text = pim_stream({kProgram});
  const std::string binary = kBinaryForm.bytes(*kTextForm.open(text));
  for (const auto& [form, bytes] : {std::pair{&kTextForm, &text}, {&kBinaryForm, &binary}}) {
    const auto read = form->open(*bytes, extents);
    EXPECT_EQ(read->header().pim_memories, extents.pim_memories);
    const std::vector<Command> commands = drain(*read);
    EXPECT_EQ(commands.at(0).engine, 1);
    const auto& program = std::get<PimProgram>(commands.at(0).body);
    EXPECT_EQ(program.memory, 1);
    // MODE, GEMV, READ, EVEN, COMP, LOAD, TAKE, OPEN
    EXPECT_EQ(program.steps[0].command, 7);
    EXPECT_EQ(program.steps[1].command, 5);
    EXPECT_EQ(program.steps[2].command, 4);
    EXPECT_EQ(program.steps[3].command, 2);
  }
  extents.tiers["dram"] = 1535;
  EXPECT_EQ(error_of(kTextForm, text, extents),
            "stream:9:12: bytes up to 1535 of tier dram; expected bytes 0 to 1534");
  extents.tiers["dram"] = 1536;
  extents.scratchpad = 527;
  EXPECT_EQ(error_of(kTextForm, text, extents),
            "stream:17:184: destination: bytes 512 to 527 of the scratchpad; expected bytes 0 to "
            "526");
  extents.scratchpad = 528;
  extents.engines[1].executes = "move";
  EXPECT_EQ(error_of(kTextForm, text, extents),
            "stream:17:11: banks cannot execute 'pim'; expected move");
}

TEST(PimForms, MustBeTrueOfTheMachine) {
  Extents extents = machine();
  PimMemory& memory = extents.pim_memories[1];
  memory.bank = {{2, 256}, {2, 128}};
  memory.column_bytes = 32;
  memory.commands[4].banks = 2;
  memory.commands[7].announces = false;
  memory.commands[2].name = "READRES";
  EXPECT_EQ(error_of(kTextForm, pim_stream({}), extents),
            "stream:9:12: column_bytes=16; expected column_bytes=32, as on the platform\n"
            "stream:9:12: bank=[4:128]; expected bank=[2:256,2:128], as on the platform\n"
            "stream:10:13: OPEN: announces yes; expected no, as on the platform\n"
            "stream:13:13: COMP: banks 4; expected 2, as on the platform\n"
            "stream:15:13: the platform has no PIM command 'READ'; expected one of MODE, GEMV, "
            "READRES, EVEN, COMP, LOAD, TAKE, OPEN");
  extents.pim_memories.pop_back();
  EXPECT_EQ(error_of(kTextForm, pim_stream({}), extents),
            "stream:9:12: tier dram of the platform computes nothing; expected one of hbm");
}

TEST(PimForms, KeepToWhatTheHeaderSaysIsUsed) {
  const auto error = [](const std::string& uses) {
    std::vector<std::string> lines = pim_header();
    lines.push_back(uses);
    return error_of(kTextForm, joined(lines) + kProgram + "\nend\n");
  };
  // COMP takes columns 0 and 1 of rows 1 and 2: of channel 1 and bank 0 from 512 + 32 on, of bank 3
  // up to 2 * 512 + 3 * 128 + 32 + 31 = 1471.
  EXPECT_EQ(error("uses tier:dram 544 1472"), "no error");
  EXPECT_EQ(error("uses tier:dram 545 1536"),
            "stream:18:99: step 3: bytes 544 to 1471 of tier dram; expected bytes 545 to 1535, "
            "which the header says are used");
  EXPECT_EQ(error("uses tier:dram 0 1471"),
            "stream:18:99: step 3: bytes 544 to 1471 of tier dram; expected bytes 0 to 1470, which "
            "the header says are used");
  EXPECT_EQ(error("uses scratchpad 0 520"),
            "stream:18:184: destination: bytes 512 to 527 of the scratchpad; expected bytes 0 to "
            "519, which the header says are used");
}

// A stream whose used range is exactly what a step touches is accepted, one byte less is not: the
// reader computes the range from digits, here it is the least and the largest of all bytes.
TEST(PimForms, FindTheBytesOfRandomLayouts) {
  int checked = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    base::Random random(seed);
    StreamHeader header{"w", "p", 0, {"e"}, {"t"}, {{"l", "k", 0, "", "", ""}}};
    header.pim_memories = RandomPim(random).memories(1);
    if (header.pim_memories.empty()) {
      continue;
    }
    PimProgram program = RandomPim(random).program(header);
    const PimMemory& memory = header.pim_memories[0];
    program.repetitions = 1;
    program.macs_useful = 0;
    const auto reading = std::find_if(
        program.steps.begin(), program.steps.end(),
        [&](const PimStep& one) { return reads_row(memory.commands[one.command].operation); });
    if (reading == program.steps.end()) {
      continue;
    }
    PimStep step = *reading;
    step.once = false;
    const PimCommand& command = memory.commands[step.command];
    program.steps = {RandomPim::load(memory), step, RandomPim::read(memory)};
    const bool whole = command.operation == PimOperation::kLoadRow;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t most = 0;
    for (std::int64_t i = 0; i < (whole ? 1 : command.banks); ++i) {
      const std::int64_t begin = whole ? 0 : step.column * memory.column_bytes;
      const std::int64_t end =
          whole ? memory.row_bytes() : begin + step.count * memory.column_bytes;
      for (std::int64_t byte = begin; byte < end; ++byte) {
        const std::int64_t address =
            memory.address(program.channel, step.bank + i * command.bank_step, step.row, byte);
        least = std::min(least, address);
        most = std::max(most, address);
      }
    }
    Command one;
    one.id = 1;
    one.body = program;
    const auto is_accepted = [&](std::int64_t begin, std::int64_t end) {
      header.uses = {{{SpaceKind::kTier, 0}, begin, end}};
      ListSource source(header, {one});
      return error_of(kBinaryForm, kBinaryForm.bytes(source)) == "no error";
    };
    EXPECT_TRUE(is_accepted(least, most + 1)) << "seed " << seed;
    EXPECT_FALSE(is_accepted(least + 1, most + 2)) << "seed " << seed;
    EXPECT_FALSE(is_accepted(least > 0 ? least - 1 : 0, most)) << "seed " << seed;
    ++checked;
  }
  EXPECT_GT(checked, 100);
}

class BadPim : public testing::TestWithParam<TextCase> {};

TEST_P(BadPim, IsAnsweredWithItsMessage) {
  EXPECT_EQ(error_of(kTextForm, GetParam().text), GetParam().message);
}

const std::vector<TextCase> kHeaderCases = {
    {"AMemoryOfAnUnknownTier", memory_with("pim_memory dram", "pim_memory drum"),
     "stream:9:12: unknown tier 'drum'; expected one of dram; did you mean 'dram'?"},
    {"ACommandOfAnUnknownMemory", memory_with("pim_command dram OPEN", "pim_command drum OPEN"),
     "stream:10:13: unknown PIM memory 'drum'; expected one of dram; did you mean 'dram'?"},
    {"AMemoryWithoutColumns", memory_with(" column_bytes=16", ""),
     "stream:9:12: 'pim_memory' without 'column_bytes'; expected column_bytes=..."},
    {"AMisspeltIndex", memory_with(" bank=[", " banks=["),
     "stream:9:48: unknown key of 'pim_memory' 'banks'; expected one of column_bytes, channel, "
     "bank, row, byte; did you mean 'bank'?"},
    {"ADigitWithoutStride", memory_with("[2:32]", "[2]"),
     "stream:9:43: ']'; expected EXTENT:STRIDE, strides in bytes"},
    {"DigitsWithoutBrackets", memory_with("[2:32]", "2:32"),
     "stream:9:41: '2:32'; expected '[' and digits"},
    {"DigitsThatDoNotEnd", memory_with("byte=[2:64,32:1]", "byte=[2:64,32:1"),
     "stream:9:88: the line ends; expected ',' or ']'"},
    {"DigitsThatOverlap", memory_with("bank=[4:128]", "bank=[4:127]"),
     "stream:9:12: digit 4:127 of bank begins within the 128 bytes of smaller digits; expected a "
     "stride of at least 128"},
    {"DigitsThatStandStill", memory_with("channel=[2:32]", "channel=[2:0]"),
     "stream:9:12: digit 2:0 of channel begins within the 1 bytes of smaller digits; expected a "
     "stride of at least 1"},
    {"ADigitOfNoExtent", memory_with("bank=[4:128]", "bank=[0:128]"),
     "stream:9:12: a digit of bank of extent 0; expected 1 to 1099511627776"},
    {"ADigitThatGoesBackwards", memory_with("bank=[4:128]", "bank=[4:-128]"),
     "stream:9:12: a digit of bank of stride -128; expected 0 to 72057594037927936"},
    {"DigitsThatReachTooFar", memory_with("row=[3:512]", "row=[1099511627776:1048576]"),
     "stream:9:12: digit 1099511627776:1048576 of row reaches too far; expected addresses below "
     "72057594037927936"},
    {"TooManyBanks", memory_with("bank=[4:128] row=[3:512]", "bank=[65537:512] row=[4:128]"),
     "stream:9:12: 65537 banks; expected at most 65536"},
    {"ColumnsThatDoNotFillRows", memory_with("column_bytes=16", "column_bytes=24"),
     "stream:9:12: columns of 24 bytes in rows of 64; expected a divisor"},
    {"ColumnsOfNothing", memory_with("column_bytes=16", "column_bytes=0"),
     "stream:9:12: columns of 0 bytes in rows of 64; expected a divisor"},
    {"TwoMemoriesOfATier", memory_with(kMemory, kMemory + "\n" + kMemory),
     "stream:10:12: a second PIM memory of tier dram; expected one of a tier"},
    {"TwoCommandsOfAName", memory_with("dram EVEN", "dram COMP"),
     "stream:14:13: a second PIM command 'COMP'; expected names that differ"},
    {"AnUnknownOperation", memory_with("COMP dot", "COMP dott"),
     "stream:13:23: unknown operation 'dott'; expected one of none, load_row, load, dot, read, "
     "dot_read; did you mean 'dot'?"},
    {"ACommandWithoutOperation", memory_with("OPEN none most_count=32 announces=yes", "OPEN"),
     "stream:10:22: the line ends; expected operation"},
    {"AnUnknownKeyOfACommand", memory_with("COMP dot banks=4 most_count=8", "COMP dot bank=4"),
     "stream:13:27: unknown key of 'pim_command' 'bank'; expected one of bytes, banks, bank_step, "
     "most_count, announces; did you mean 'banks'?"},
    {"ACommandOfTooManyBanks", memory_with("COMP dot banks=4 most_count=8", "COMP dot banks=5"),
     "stream:13:13: COMP: banks 5 is out of range; expected 1 to 4"},
    {"ABankStepTooLarge", memory_with("bank_step=2", "bank_step=4"),
     "stream:14:13: EVEN: bank_step 4 is out of range; expected 1 to 3"},
    {"ABankStepOfNothing", memory_with("bank_step=2", "bank_step=0"),
     "stream:14:13: EVEN: bank_step 0 is out of range; expected 1 to 3"},
    {"ALoadOfNothing", memory_with("LOAD load bytes=16 most_count=4", "LOAD load"),
     "stream:12:13: LOAD: bytes 0 is out of range; expected 1 to 64"},
    {"ALoadLongerThanARow", memory_with("LOAD load bytes=16 most_count=4", "LOAD load bytes=65"),
     "stream:12:13: LOAD: bytes 65 is out of range; expected 1 to 64"},
    {"ACommandOfNoCount", memory_with("most_count=8", "most_count=0"),
     "stream:13:13: COMP: most_count 0 is out of range; expected 1 to 1099511627776"},
    {"ACommandThatAnnouncesAndMultiplies", memory_with("COMP dot", "COMP dot announces=yes"),
     "stream:13:13: COMP: announces and does something; expected operation none"},
    {"AnUnknownChoice", memory_with("announces=yes", "announces=maybe"),
     "stream:10:52: unknown choice 'maybe'; expected one of no, yes"},
    {"AReadOfNothing", memory_with("READ read bytes=8", "READ read"),
     "stream:15:13: READ: bytes 0 is out of range; expected 1 to 1099511627776"},
};

const std::vector<TextCase> kProgramCases = {
    {"NoMemory", program_with(" memory=dram", ""),
     "stream:17:11: 'pim' without 'memory'; expected memory=..."},
    {"AnUnknownMemory", program_with("memory=dram", "memory=dran"),
     "stream:17:22: unknown PIM memory 'dran'; expected one of dram; did you mean 'dram'?"},
    {"AMemoryThatTheHeaderLacks", stream({"1 load 0 pim memory=dram step=COMP"}),
     "stream:9:21: no PIM memory in the header; expected a line 'pim_memory TIER ...' there"},
    {"NoStep", pim_stream({"1 banks 0 pim memory=dram"}),
     "stream:17:11: 'pim' without 'step'; expected step=..."},
    {"AnUnknownCommand", program_with("step=COMP", "step=COMB"),
     "stream:17:104: unknown PIM command 'COMB'; expected one of COMP, EVEN, GEMV, LOAD, OPEN, "
     "READ, TAKE; did you mean 'COMP'?"},
    {"AnUnknownOperand", program_with("row=1", "rows=1"),
     "stream:17:109: unknown key of 'COMP' 'rows'; expected one of bank, row, column, count, "
     "results, row_step, column_step, once; did you mean 'row'?"},
    {"AnOperandTwice", program_with("row=1", "row=1 row=2"),
     "stream:17:115: a second 'row'; expected every key once"},
    {"AStepThatDoesNotEnd", pim_stream({"1 banks 0 pim memory=dram step=OPEN(row=1"}),
     "stream:17:42: the line ends; expected ')'"},
    {"NoSource", program_with("source=scratchpad@0 source_stride=32,0 ", ""),
     "stream:17:11: 'pim' without 'source'; expected source=scratchpad@ADDRESS: a step loads"},
    {"NoDestination", program_with("destination=scratchpad@512 ", ""),
     "stream:17:11: 'pim' without 'destination'; expected destination=scratchpad@ADDRESS: a step "
     "reads"},
    {"ASourceOfNoLoad", pim_stream({"1 banks 0 pim memory=dram step=COMP source=scratchpad@0"}),
     "stream:17:37: 'source' of a program without a step that loads; expected a step that loads, "
     "or no 'source'"},
    {"StridesOfNoRead", pim_stream({"1 banks 0 pim memory=dram step=COMP destination_stride=8,0"}),
     "stream:17:37: 'destination_stride' of a program without a step that reads; expected a step "
     "that reads, or no 'destination_stride'"},
    {"ASourceInATier", program_with("source=scratchpad@0", "source=tier:dram@0"),
     "stream:17:152: unknown memory 'tier'; expected one of scratchpad"},
    {"ThreeStrides", program_with("source_stride=32,0", "source_stride=32,0,0"),
     "stream:17:183: ',0'; expected a blank"},
    {"AChannelTooHigh", program_with("channel=1", "channel=2"),
     "stream:17:27: channel: 2 is out of range; expected 0 to 1"},
    {"NoRepetitions", program_with("repetitions=2", "repetitions=0"),
     "stream:17:37: repetitions: 0 is out of range; expected 1 to 1099511627776"},
    {"ABankTooHigh", program_with("COMP(row=1", "COMP(bank=1 row=1"),
     "stream:17:99: step 3: COMP: bank 1 is out of range; expected 0 to 0"},
    {"ARowTooHigh", program_with("row=1", "row=3"),
     "stream:17:99: step 3: COMP: row 3 is out of range; expected 0 to 2"},
    {"RowsThatEndTooHigh", program_with("row_step=1", "row_step=2"),
     "stream:17:99: step 3: COMP: row 1 and 2 more in each of 2 repetitions; expected 0 to 2"},
    {"RowsThatEndTooLow", program_with("row_step=1", "row_step=-2"),
     "stream:17:99: step 3: COMP: row 1 and -2 more in each of 2 repetitions; expected 0 to 2"},
    {"TooManyColumns", program_with("row=1 count=2", "row=1 count=5"),
     "stream:17:99: step 3: COMP: count 5 is out of range; expected 1 to 4"},
    {"MoreThanOneCommandTakes", program_with("OPEN(count=4", "OPEN(count=33"),
     "stream:17:51: step 1: OPEN: count 33 is out of range; expected 1 to 32"},
    {"AnAnnouncementOfNothing", pim_stream({"1 banks 0 pim memory=dram step=COMP step=OPEN"}),
     "stream:17:37: step 2: announces work that does not follow; expected steps behind it"},
    {"ColumnsThatEndTooHigh", program_with("row=1 count=2", "row=1 column=3 count=2"),
     "stream:17:99: step 3: COMP: column 3 is out of range; expected 0 to 2"},
    {"ColumnsThatWalkTooFar", program_with("row_step=1", "column_step=3"),
     "stream:17:99: step 3: COMP: column 0 and 3 more in each of 2 repetitions; expected 0 to 2"},
    {"ALoadBehindTheRow", program_with("LOAD(count=2", "LOAD(column=3 count=2"),
     "stream:17:80: step 2: LOAD: column 3 is out of range; expected 0 to 2"},
    {"TwoReadsInOneStep", program_with("step=READ", "step=READ(count=2)"),
     "stream:17:135: step 4: READ: count 2 is out of range; expected 1 to 1"},
    {"NegativeResults", program_with("results=1", "results=-1"),
     "stream:17:51: step 1: OPEN: results -1 is out of range; expected 0 to 1099511627776"},
    {"TooFewBytesForResults", program_with(" macs=96", " result_type=fp32"),
     "stream:17:135: step 4: READ: 8 bytes for 4 results; expected at least 16 in fp32"},
    {"ElementsThatDoNotFillColumns",
     replaced(replaced(pim_stream({kProgram}), "byte=[2:64,32:1]", "byte=[64:1]"),
              "column_bytes=16 channel=[2:32]", "column_bytes=1 channel=[2:64]"),
     "stream:17:1: type: columns of 1 bytes, 64 of a row side by side, of fp16; expected whole "
     "elements"},
    // 2 repetitions of 2 columns of 8 elements in 4 banks
    {"MoreMacsThanProducts", program_with("macs=96", "macs=129"),
     "stream:17:234: macs: 129 is out of range; expected 0 to 128"},
    {"NegativeMacs", program_with("macs=96", "macs=-1"),
     "stream:17:234: macs: -1 is out of range; expected 0 to 128"},
    {"TooManyProducts",
     pim_stream({"1 banks 0 pim memory=dram repetitions=1099511627776 step=COMP(count=4) "
                 "step=COMP(count=4) step=COMP(count=4)"}),
     "stream:17:27: repetitions: too many products; expected at most 281474976710656"},
    {"ASourceThatReachesTooFar",
     program_with("source_stride=32,0", "source_stride=72057594037927936,0"),
     "stream:17:145: source: reaches too far; expected addresses below 72057594037927936"},
    {"TooManyBytes",
     pim_stream({"1 banks 0 pim memory=dram repetitions=1099511627776 step=LOAD(count=4) "
                 "step=LOAD(count=4) step=LOAD(count=4) step=LOAD(count=4) step=LOAD(count=4) "
                 "source=scratchpad@0"}),
     "stream:17:148: source: moves too much; expected at most 281474976710656 bytes"},
    {"AnUnknownOnce", program_with("LOAD(count=2", "LOAD(once=maybe count=2"),
     "stream:17:95: unknown choice 'maybe'; expected one of no, yes"},
    {"AStepOnceThatAdvances", program_with("LOAD(count=2", "LOAD(count=2 column_step=1 once=yes"),
     "stream:17:80: step 2: is executed once and advances; expected no row_step and no "
     "column_step\nstream:17:80: step 2: is executed once behind one that is repeated; expected "
     "steps with once=yes before all others"},
    {"AStepOnceAtTheEnd", pim_stream({"1 banks 0 pim memory=dram step=TAKE(once=yes)"}),
     "stream:17:27: step 1: is executed once, and no other follows; expected a step that is "
     "repeated"},
    {"ProductsWithoutAVector",
     pim_stream(
         {"1 banks 0 pim memory=dram step=COMP step=TAKE step=READ destination=scratchpad@0"}),
     "stream:17:27: step 1: COMP: no vector to multiply by; expected a step before it that loads "
     "one: each program loads its own"},
    {"SumsThatNobodyReads",
     pim_stream({"1 banks 0 pim memory=dram step=TAKE step=GEMV step=EVEN(bank=1) "
                 "destination=scratchpad@0"}),
     "stream:17:47: step 3: leaves the sum of bank 1 behind; expected a step behind it that reads "
     "it: each program reads its own"},
    {"AChannelOfTwoEngines",
     pim_stream(
         {kProgram, "2 other 0 pim memory=dram channel=1 step=READ destination=scratchpad@0"}),
     "stream:18:27: channel: 1 of dram belongs to banks; expected one engine for all programs of a "
     "channel"},
    {"SeveralMistakesAtOnce",
     program_with("channel=1", "channel=1 step=COMP(bank=4) step=EVEN(bank=2 row=7)"),
     "stream:17:37: step 1: COMP: bank 4 is out of range; expected 0 to 0\nstream:17:55: step 2: "
     "EVEN: bank 2 is out of range; expected 0 to 1"},
};

INSTANTIATE_TEST_SUITE_P(Header, BadPim, testing::ValuesIn(kHeaderCases),
                         [](const auto& suite) { return suite.param.name; });
INSTANTIATE_TEST_SUITE_P(Program, BadPim, testing::ValuesIn(kProgramCases),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace orrery::command
