// SPDX-License-Identifier: Apache-2.0
// Mistakes that only the binary form can hold: PIM memories and programs made byte by byte.
#include <gtest/gtest.h>

#include <functional>

#include "command/binary_layout.h"
#include "command/byte_writer.h"
#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

using Write = std::function<void(ByteWriter&)>;

// A header with one engine, one tier, one layer and neither ranges nor rendezvous: 29 bytes.
void header(ByteWriter& out, unsigned char version) {
  out.raw(kBinaryMagic);  // 8 bytes
  out.byte(version);      // 9
  out.text("w");          // 11
  out.text("p");          // 13
  out.natural(7);         // seed: 14
  out.natural(1);         // engines: 15
  out.text("e");          // 17
  out.natural(1);         // tiers: 18
  out.text("d");          // 20
  out.natural(1);         // layers: 21
  out.text("l");          // 23
  out.text("k");          // 25
  out.integer(5);         // multiply-accumulates: 26
  out.text("");           // dataflow: 27
  out.text("");           // tiling: 28
  out.text("");           // limited by: 29
}

// One PIM memory of one channel, one bank, two rows of four bytes, up to its commands: 42 bytes.
void memory(ByteWriter& out) {
  header(out, kPimBinaryVersion);  // 29
  out.natural(0);                  // ranges: 30
  out.natural(0);                  // rendezvous: 31
  out.natural(1);                  // PIM memories: 32
  out.natural(0);                  // tier: 33
  out.natural(0);                  // digits of the channel: 34
  out.natural(0);                  // of the bank: 35
  out.natural(1);                  // of the row: 36
  out.integer(2);                  // 37
  out.integer(4);                  // 38
  out.natural(1);                  // of the byte: 39
  out.integer(4);                  // 40
  out.integer(1);                  // 41
  out.integer(4);                  // bytes of a column: 42
}

// A command: tag, engine, step of the layer, dependencies; memory, channel, repetitions, types.
void program(ByteWriter& out) {
  out.byte(kFirstBodyTag + 5);
  out.natural(0);
  out.integer(0);
  out.natural(0);
  out.natural(0);
  out.integer(0);
  out.integer(1);
  out.byte(5);
  out.byte(5);  // nine bytes
}

struct BinaryCase {
  const char* name;
  Write write;
  const char* message;
};

class BadPimBinary : public testing::TestWithParam<BinaryCase> {};

TEST_P(BadPimBinary, IsAnsweredWithItsMessage) {
  ByteWriter out;
  GetParam().write(out);
  EXPECT_EQ(error_of(kBinaryForm, out.take()), GetParam().message);
}

const std::vector<BinaryCase> kCases = {
    {"NoMemories",
     [](ByteWriter& out) {
       header(out, kPimBinaryVersion);
       out.natural(0);
       out.natural(0);
       out.natural(0);
     },
     "stream: header at byte 31: version 3 without PIM memories; expected version 1 or 2"},
    {"MoreMemoriesThanTiers",
     [](ByteWriter& out) {
       header(out, kPimBinaryVersion);
       out.natural(0);
       out.natural(0);
       out.natural(2);
     },
     "stream: header at byte 31: PIM memories: 2; expected at most 1"},
    {"TooManyDigits",
     [](ByteWriter& out) {
       header(out, kPimBinaryVersion);
       out.natural(0);
       out.natural(0);
       out.natural(1);
       out.natural(0);
       out.natural(33);
     },
     "stream: header at byte 33: digits: 33; expected at most 32"},
    {"AnUnknownOperation",
     [](ByteWriter& out) {
       memory(out);
       out.natural(1);
       out.text("C");
       out.byte(6);
     },
     "stream: header at byte 45: no operation 6; expected 0 to 5"},
    {"AProgramWithoutMemory",
     [](ByteWriter& out) {
       header(out, kBinaryVersion);
       program(out);
     },
     "stream: command 1 at byte 33: a PIM program; expected a header that describes PIM memories"},
    {"AStepWithoutCommands",
     [](ByteWriter& out) {
       memory(out);
       out.natural(0);
       program(out);
       out.natural(1);
     },
     "stream: command 1 at byte 53: a step; expected a PIM memory that has commands"},
    {"NoSteps",
     [](ByteWriter& out) {
       memory(out);
       out.natural(0);
       program(out);
       out.natural(0);
       out.integer(0);
     },
     "stream: command 1 at byte 43, step: no steps; expected at least one"},
    {"OperandsThatSayNothing",
     [](ByteWriter& out) {
       memory(out);
       out.natural(1);
       out.text("C");
       out.byte(0);
       out.integer(0);
       out.integer(1);
       out.integer(1);
       out.integer(1);
       program(out);
       out.natural(1);
       out.natural(0);
       out.byte(8);  // a count
       out.integer(1);
     },
     "stream: command 1 at byte 61: operands that say nothing; expected only those that do"},
    {"AStepOnceAtTheEnd",
     [](ByteWriter& out) {
       memory(out);
       out.natural(1);
       out.text("C");
       out.byte(0);
       out.integer(0);
       out.integer(1);
       out.integer(1);
       out.integer(1);
       program(out);
       out.natural(1);
       out.natural(0);
       out.byte(kOnceFlag);
       out.integer(0);
     },
     "stream: command 1 at byte 50, step 1: is executed once, and no other follows; expected a "
     "step "
     "that is repeated"},
};

INSTANTIATE_TEST_SUITE_P(Pim, BadPimBinary, testing::ValuesIn(kCases),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace orrery::command
