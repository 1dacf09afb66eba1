// SPDX-License-Identifier: Apache-2.0
// Every mistake in the header and the frame of the text form, and its message.
#include <gtest/gtest.h>

#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

const std::vector<TextCase> kCases = {
    {"AnEmptyFile", "", "stream: no command stream in text form; expected 'orrery-stream 1'"},
    {"AnotherFile", "workload: {kind: graph}\n",
     "stream:1:1: no command stream in text form; expected 'orrery-stream 1'"},
    {"AnotherVersion", header_with(1, {"orrery-stream 2"}),
     "stream:1:15: version 2 of the text form; expected 'orrery-stream 1'"},
    {"NoVersion", header_with(1, {"orrery-stream "}),
     "stream:1:15: the line ends; expected 'orrery-stream 1'"},
    {"WordsAfterTheVersion", header_with(1, {"orrery-stream 1 text"}),
     "stream:1:17: more than the version; expected the end of the line"},
    {"AnUnknownLine", header_with(4, {"engin load", "engine load"}),
     "stream:4:1: unknown line of the header 'engin'; expected one of workload, platform, seed, "
     "engine, tier, layer, uses, rendezvous, pim_memory, pim_command; did you mean 'engine'?"},
    {"ASecondWorkload", header_with(2, {"workload w", "workload v"}),
     "stream:3:1: a second 'workload'; expected one"},
    {"TwoNames", header_with(2, {"workload my model"}),
     "stream:2:13: more than 'workload' takes; expected the end of the line"},
    {"NoName", header_with(2, {"workload"}), "stream:2:9: the line ends; expected a name"},
    {"ANegativeSeed", header_with(3, {"platform p", "seed -1"}),
     "stream:4:6: '-1'; expected a number from 0 to 18446744073709551615"},
    {"ASeedBeyond64Bits", header_with(3, {"platform p", "seed 18446744073709551616"}),
     "stream:4:6: '18446744073709551616' is out of range; expected a number from 0 to "
     "18446744073709551615"},
    {"NoWorkloadAndNoPlatform",
     joined({"orrery-stream 1", "engine load", "tier dram", "layer l gemm", "end"}),
     "stream:5:1: no 'workload' in the header; expected workload NAME\n"
     "stream:5:1: no 'platform' in the header; expected platform NAME"},
    {"NoEngine",
     joined({"orrery-stream 1", "workload w", "platform p", "tier dram", "layer l gemm", "end"}),
     "stream:6:1: no engines; expected at least one"},
    {"NoLayer", header_with(8, {}), "stream:8:1: no layers; expected at least one"},
    {"TwoEnginesOfOneName", header_with(5, {"engine load", "engine array"}),
     "stream:5:8: a second engine 'load'; expected names that differ"},
    {"TwoTiersOfOneName", header_with(7, {"tier dram", "tier dram"}),
     "stream:8:6: a second tier 'dram'; expected names that differ"},
    {"NegativeMacsOfALayer", header_with(8, {"layer l gemm macs=-1"}),
     "stream:8:7: -1 multiply-accumulates; expected at least 0"},
    {"ALayerWithoutKind", header_with(8, {"layer l"}),
     "stream:8:8: the line ends; expected a kind"},
    {"AnUnknownKeyOfALayer", header_with(8, {"layer l gemm tilings=x"}),
     "stream:8:14: unknown key of 'layer' 'tilings'; expected one of macs, dataflow, tiling, "
     "limited_by; did you mean 'tiling'?"},
    {"AKeyOfALayerTwice", header_with(8, {"layer l gemm macs=1 macs=1"}),
     "stream:8:21: a second 'macs'; expected every key once"},
    {"AKeyWithoutItsValue", header_with(8, {"layer l gemm macs"}),
     "stream:8:18: the line ends; expected '=' after 'macs'"},
    {"ATextThatDoesNotEnd", header_with(8, {R"(layer "l gemm)"}),
     "stream:8:7: a text that does not end; expected a second \""},
    {"AnUnknownEscape", header_with(8, {R"(layer "l\q" gemm)"}),
     "stream:8:9: unknown escape; expected \\\", \\\\, \\n, \\t, \\r or \\xHH with HH from 00 to "
     "7f"},
    {"AnEscapeBeyondAscii", header_with(8, {R"(layer "l\x80" gemm)"}),
     "stream:8:9: unknown escape; expected \\\", \\\\, \\n, \\t, \\r or \\xHH with HH from 00 to "
     "7f"},
    {"TextRightAfterAQuote", header_with(8, {R"(layer "l"gemm)"}),
     "stream:8:10: 'gemm'; expected a blank"},
    {"SeveralMistakesAtOnce", header_with(2, {"worklod w", "seed x", "platform p q"}),
     "stream:2:1: unknown line of the header 'worklod'; expected one of workload, platform, "
     "seed, engine, tier, layer, uses, rendezvous, pim_memory, pim_command; did you mean "
     "'workload'?\n"
     "stream:3:6: 'x'; expected a number from 0 to 18446744073709551615\n"
     "stream:4:12: more than 'platform' takes; expected the end of the line\n"
     "stream:5:1: a second 'platform'; expected one\n"
     "stream:11:1: no 'workload' in the header; expected workload NAME"},
    {"UsesOfAnUnknownMemory", with_header_line("uses scratchpd 0 64", {}),
     "stream:9:6: unknown memory 'scratchpd'; expected one of tier, scratchpad, accumulator; did "
     "you mean 'scratchpad'?"},
    {"UsesOfAnUnknownEngine", with_header_line("uses accumulator:aray 0 64", {}),
     "stream:9:6: unknown engine 'aray'; expected one of load, array, vector; did you mean "
     "'array'?"},
    {"UsesWithoutEnd", with_header_line("uses scratchpad 0", {}),
     "stream:9:18: the line ends; expected the first byte and the one behind the last"},
    {"UsesOfNothing", with_header_line("uses scratchpad 64 64", {}),
     "stream:9:6: bytes 64 to 64 of the scratchpad; expected two numbers from 0 to "
     "72057594037927936 that increase"},
    {"UsesOfOneMemoryTwice", with_header_line("uses tier:dram 0 64\nuses tier:dram 64 128", {}),
     "stream:10:6: a second range of tier dram; expected one range of a memory"},
    {"RendezvousThatDoNotIncrease", meeting("3,3", {}),
     "stream:9:12: rendezvous 3 behind rendezvous 3; expected numbers that increase"},
    {"RendezvousTwice", with_header_line("rendezvous 1\nrendezvous 2", {}),
     "stream:10:1: a second 'rendezvous'; expected one"},
    {"ALineOfTheHeaderAfterACommand", stream({move_as("1 load 0"), "engine more"}),
     "stream:10:1: 'engine'; expected the number of the command"},
    {"NoEnd", joined(header_lines()) + move_as("1 load 0") + "\n",
     "stream:9:1: the file ends early; expected a last line 'end'"},
    {"NoEndInTheHeader", joined({"orrery-stream 1", "workload w", "platform p", "engine load"}),
     "stream:4:1: no layers; expected at least one"},
    {"WordsAfterTheEnd", joined(header_lines()) + "end 1\n",
     "stream:9:5: more than 'end'; expected the end of the line"},
    {"LinesAfterTheEnd", stream({}) + "\n# a comment may follow\n" + move_as("1 load 0"),
     "stream:12:1: a line after 'end'; expected the end of the file"},
    {"ALineThatIsTooLong", stream({move_as("1 load 0") + std::string(1 << 20, ' ')}),
     "stream:9:1: a line of more than 1 MiB; expected a command stream in text form"},
};

class BadHeader : public testing::TestWithParam<TextCase> {};

TEST_P(BadHeader, IsAnsweredWithItsMessage) {
  EXPECT_EQ(error_of(kTextForm, GetParam().text), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Text, BadHeader, testing::ValuesIn(kCases),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace orrery::command
