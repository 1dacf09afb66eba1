// SPDX-License-Identifier: Apache-2.0
// Every mistake in the binary form, made byte by byte, and its message.
#include <gtest/gtest.h>

#include <functional>

#include "command/binary_layout.h"
#include "command/byte_writer.h"
#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

using Write = std::function<void(ByteWriter&)>;

// A header with two engines, one tier, one layer: 34 bytes, so that commands begin at byte 34.
void sound_header(ByteWriter& out) {
  out.raw(kBinaryMagic);     // 8 bytes
  out.byte(kBinaryVersion);  // 9
  out.text("w");             // 11
  out.text("p");             // 13
  out.natural(7);            // seed: 14
  out.natural(2);            // engines: 15
  out.text("a");             // 17
  out.text("b");             // 19
  out.natural(1);            // tiers: 20
  out.text("d");             // 22
  out.natural(1);            // layers: 23
  out.text("l");             // 25
  out.text("kind");          // 30
  out.integer(5);            // multiply-accumulates: 31
  out.text("");              // dataflow: 32
  out.text("");              // tiling: 33
  out.text("");              // limited by: 34
}

// What stands in front of every body: tag, engine, step of the layer, dependencies: 4 bytes.
void front(ByteWriter& out, unsigned tag) {
  out.byte(tag);
  out.natural(0);
  out.integer(0);
  out.natural(0);
}

// A view of one int8 element: 8 bytes.
void element(ByteWriter& out) {
  out.byte(kDigitCounts + 1);
  out.byte(1);
  out.byte(1);     // the scratchpad
  out.integer(0);  // base
  for (int i = 0; i < 2; ++i) {
    out.integer(1);
    out.integer(0);
  }
}

void end(ByteWriter& out, std::uint64_t commands) {
  out.byte(kEndTag);
  out.natural(commands);
}

struct BinaryCase {
  const char* name;
  Write write;
  const char* message;
};

class BadBinary : public testing::TestWithParam<BinaryCase> {};

TEST_P(BadBinary, IsAnsweredWithItsMessage) {
  ByteWriter out;
  GetParam().write(out);
  EXPECT_EQ(error_of(kBinaryForm, out.take()), GetParam().message);
}

const std::vector<BinaryCase> kHeaderCases = {
    {"AnEmptyFile", [](ByteWriter&) {},
     "stream: header at byte 0: the file ends early; expected the rest of the stream"},
    {"AnotherFile", [](ByteWriter& out) { out.raw("ORRYCMX\n"); },
     "stream: header at byte 6: no command stream in binary form; expected the bytes "
     "\"ORRYCMD\\n\" at the start"},
    {"AnotherVersion",
     [](ByteWriter& out) {
       out.raw(kBinaryMagic);
       out.byte(4);
     },
     "stream: header at byte 8: version 4 of the binary form; expected 1 to 3"},
    {"TooManyEngines",
     [](ByteWriter& out) {
       out.raw(kBinaryMagic);
       out.byte(kBinaryVersion);
       out.text("w");
       out.text("p");
       out.natural(7);
       out.natural(65'534);
     },
     "stream: header at byte 14: engines: 65534; expected at most 65533"},
    {"ATextThatIsTooLong",
     [](ByteWriter& out) {
       out.raw(kBinaryMagic);
       out.byte(kBinaryVersion);
       out.natural(65'537);
     },
     "stream: header at byte 9: a text of length 65537; expected at most 65536"},
    {"ATextThatIsNotUtf8",
     [](ByteWriter& out) {
       out.raw(kBinaryMagic);
       out.byte(kBinaryVersion);
       out.text("\xc3(");
     },
     "stream: header at byte 9: a text that is not UTF-8; expected UTF-8"},
    {"ALengthInMoreBytesThanItTakes",
     [](ByteWriter& out) {
       out.raw(kBinaryMagic);
       out.byte(kBinaryVersion);
       out.byte(0x81);
       out.byte(0x00);
     },
     "stream: header at byte 9: no number; expected a number of 64 bits in as few bytes as it "
     "takes"},
    {"NoLayers",
     [](ByteWriter& out) {
       out.raw(kBinaryMagic);
       out.byte(kBinaryVersion);
       out.text("w");
       out.text("p");
       out.natural(7);
       out.natural(2);
       out.text("a");
       out.text("a");
       out.natural(0);
       out.natural(0);
     },
     "stream: header at byte 21: no layers; expected at least one\n"
     "stream: header at byte 21, engine 2: a second engine 'a'; expected names that differ"},
};

INSTANTIATE_TEST_SUITE_P(Header, BadBinary, testing::ValuesIn(kHeaderCases),
                         [](const auto& suite) { return suite.param.name; });

// Behind a sound header.
BinaryCase command_case(const char* name, const Write& write, const char* message) {
  return {name,
          [write](ByteWriter& out) {
            sound_header(out);
            write(out);
          },
          message};
}

const std::vector<BinaryCase> kCommandCases = {
    command_case(
        "NoEnd", [](ByteWriter&) {},
        "stream: command 1 at byte 34: the file ends early; expected the rest of the "
        "stream"),
    command_case(
        "AnUnknownKind", [](ByteWriter& out) { out.byte(7); },
        "stream: command 1 at byte 34: no kind of command 7; expected 0 to 6"),
    command_case(
        "AnotherCount", [](ByteWriter& out) { end(out, 3); },
        "stream: end at byte 35: the stream counts 3 commands; expected 0"),
    command_case(
        "BytesAfterTheEnd",
        [](ByteWriter& out) {
          end(out, 0);
          out.byte(0);
        },
        "stream: end at byte 36: bytes after the end of the stream; expected the end of "
        "the file"),
    command_case(
        "AnUnknownEngine",
        [](ByteWriter& out) {
          out.byte(4);
          out.natural(2);
        },
        "stream: command 1 at byte 35: engine 2; expected at most 1"),
    command_case(
        "ANumberBeyond64Bits",
        [](ByteWriter& out) {
          out.byte(4);
          out.raw("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
        },
        "stream: command 1 at byte 35: no number; expected a number of 64 bits in as "
        "few bytes as it takes"),
    command_case(
        "ALayerBeforeTheFirst",
        [](ByteWriter& out) {
          out.byte(4);
          out.natural(0);
          out.integer(-1);
        },
        "stream: command 1 at byte 36: a step of -1 layers; expected a layer that the "
        "stream has"),
    command_case(
        "ALayerBeyondTheLast",
        [](ByteWriter& out) {
          out.byte(4);
          out.natural(0);
          out.integer(1);
          out.natural(0);
        },
        "stream: command 1 at byte 34, layer: no layer 1; expected 0 to 0"),
    command_case(
        "TooManyDependencies",
        [](ByteWriter& out) {
          out.byte(4);
          out.natural(0);
          out.integer(0);
          out.natural(65'536);
        },
        "stream: command 1 at byte 37: commands to wait for: 65536; expected at most "
        "65535"),
    command_case(
        "DependenciesOnNoEarlierCommand",
        [](ByteWriter& out) {
          front(out, 4);
          out.byte(4);
          out.natural(0);
          out.integer(0);
          out.natural(2);
          out.natural(0);
          out.natural(0);  // itself
          out.natural(1);
          out.natural(7);  // seven back
        },
        "stream: command 2 at byte 38, after: a:2 is no earlier command; expected 1 to "
        "1\n"
        "stream: command 2 at byte 38, after: b:0 is no earlier command; expected 1 to "
        "1"),
    command_case(
        "AnUnknownMemory",
        [](ByteWriter& out) {
          front(out, 1);
          out.byte(3);
        },
        "stream: command 1 at byte 38: no kind of memory 3; expected 0 to 2"),
    command_case(
        "AnUnknownTier",
        [](ByteWriter& out) {
          front(out, 1);
          out.byte(0);
          out.natural(1);
        },
        "stream: command 1 at byte 39: tier 1; expected at most 0"),
    command_case(
        "AnUnknownDataflow",
        [](ByteWriter& out) {
          front(out, 2);
          out.byte(5 | kAccumulateFlag);
        },
        "stream: command 1 at byte 38: no dataflow 5; expected 0 to 3, or 63"),
    command_case(
        "TooManyDigits",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          out.byte(25);
        },
        "stream: command 1 at byte 40: no numbers of digits 25; expected 0 to 24"),
    command_case(
        "AnUnknownType",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          out.byte(0);
          out.byte(kWideType);
          out.byte(255);
        },
        "stream: command 1 at byte 42: no element type 255; expected 0 to 98"),
    command_case(
        "ATypeThatIsLongerThanItMustBe",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          out.byte(0);
          out.byte(kWideType);
          out.byte(4);
        },
        "stream: command 1 at byte 42: element type 4 in two bytes; expected the shortest form"),
    command_case(
        "BoundsThatSayNothing",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          out.byte(0);
          out.byte(1 | kBoundsFlag);
          out.byte(1);
          out.integer(0);
          for (int i = 0; i < 2; ++i) {
            out.integer(0);
            out.integer(std::numeric_limits<std::int64_t>::max());
          }
        },
        "stream: command 1 at byte 40: steps or bounds that say nothing; expected only "
        "those that do"),
    command_case(
        "TooManyStages",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          element(out);
          out.natural(65);
        },
        "stream: command 1 at byte 48: stages: 65; expected at most 64"),
    command_case(
        "AVectorCommandThatSaysItHasNoMacs",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          element(out);
          out.natural(128);
          element(out);
          out.integer(0);
        },
        "stream: command 1 at byte 58: 0 multiply-accumulates; expected none where there are "
        "none"),
    command_case(
        "AnUnknownStage",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          element(out);
          out.natural(1);
          out.byte(37);
        },
        "stream: command 1 at byte 49: no stage 37; expected 0 to 36"),
    command_case(
        "ParametersThatSayNothing",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(1);
          out.integer(1);
          element(out);
          out.natural(1);
          out.byte(kParametersFlag);
          for (int i = 0; i < 3; ++i) {
            out.real(0.0);
          }
        },
        "stream: command 1 at byte 49: an operand or parameters that say nothing; "
        "expected only those that do"),
    command_case(
        "SizesOutOfRange",
        [](ByteWriter& out) {
          front(out, 3);
          out.integer(0);
          out.integer(-1);
          element(out);
          out.natural(0);
          element(out);
        },
        "stream: command 1 at byte 34, rows: 0 is out of range; expected 1 to "
        "1099511627776\n"
        "stream: command 1 at byte 34, columns: -1 is out of range; expected 1 to "
        "1099511627776"),
    command_case(
        "MacsOutOfRange",
        [](ByteWriter& out) {
          front(out, 2);
          out.byte(0);
          for (int i = 0; i < 3; ++i) {
            out.integer(1);
          }
          for (int i = 0; i < 3; ++i) {
            element(out);
          }
          out.integer(std::numeric_limits<std::int64_t>::min());
        },
        "stream: command 1 at byte 66: multiply-accumulates out of range; expected 0 to "
        "groups * m * n * k"),
    command_case(
        "OneGroup",
        [](ByteWriter& out) {
          front(out, 2);
          out.byte(0x40);
          for (int i = 0; i < 4; ++i) {
            out.integer(1);
          }
        },
        "stream: command 1 at byte 42: 1 group; expected no number of groups where there is one"),
};

INSTANTIATE_TEST_SUITE_P(Command, BadBinary, testing::ValuesIn(kCommandCases),
                         [](const auto& suite) { return suite.param.name; });

TEST(SoundBinary, IsReadToItsEnd) {
  ByteWriter out;
  sound_header(out);
  front(out, 4);
  front(out, 3);
  out.integer(1);
  out.integer(1);
  element(out);
  out.natural(0);
  element(out);
  end(out, 2);
  EXPECT_EQ(error_of(kBinaryForm, out.take()), "no error");
}

TEST(SoundBinary, AnnouncedNumbersAllocateNothing) {
  ByteWriter out;
  out.raw(kBinaryMagic);
  out.byte(kBinaryVersion);
  out.text("w");
  out.text("p");
  out.natural(7);
  out.natural(1);
  out.text("a");
  out.natural(0);
  out.natural(0xFFFFFFFF);  // layers: 600 GB if they were believed
  EXPECT_EQ(error_of(kBinaryForm, out.take()),
            "stream: header at byte 23: the file ends early; expected the rest of the stream");
}

}  // namespace
}  // namespace orrery::command
