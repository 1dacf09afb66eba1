// SPDX-License-Identifier: Apache-2.0
// Every mistake in the beginning of a command and in moves, and its message.
#include <gtest/gtest.h>

#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

const std::vector<TextCase> kCases = {
    {"NoLayerIndex", stream({"1 load"}),
     "stream:9:7: the line ends; expected the index of a layer, from 0"},
    {"AnUnknownEngine", stream({move_as("1 lood 0")}),
     "stream:9:3: unknown engine 'lood'; expected one of array, load, vector; did you mean "
     "'load'?"},
    {"AnIdThatIsNoNumber", stream({move_as("x1 load 0")}),
     "stream:9:1: unknown line of the header 'x1'; expected one of workload, platform, seed, "
     "engine, tier, layer, uses, rendezvous, pim_memory, pim_command"},
    {"AnIdThatIsSkipped", stream({move_as("1 load 0"), move_as("3 load 0"), move_as("4 load 0")}),
     "stream:10:1: command 3; expected 2: commands are numbered from 1"},
    {"AnIdThatComesTwice", stream({move_as("1 load 0"), move_as("1 load 0")}),
     "stream:10:1: command 1; expected 2: commands are numbered from 1"},
    {"IdsFromZero", stream({move_as("0 load 0")}),
     "stream:9:1: command 0; expected 1: commands are numbered from 1"},
    {"ALayerBeyondTheLast", stream({move_as("1 load 1")}),
     "stream:9:8: layer: no layer 1; expected 0 to 0"},
    {"ALayerBeyondAll", stream({move_as("1 load 4294967296")}),
     "stream:9:8: no layer 4294967296; expected an index from 0"},
    {"NoCommand", stream({"1 load 0"}),
     "stream:9:9: the line ends; expected after=ENGINE:ID,... or move, compute, vector, barrier, "
     "rendezvous, pim"},
    {"AnUnknownCommand",
     stream({"1 load 0 mvoe source=tier:dram@0 destination=scratchpad@0 row_bytes=64"}),
     "stream:9:10: unknown command 'mvoe'; expected one of move, compute, vector, barrier, "
     "rendezvous, pim, after"},
    {"WordsAfterABarrier", stream({"1 load 0 barrier now"}),
     "stream:9:18: more than a command; expected the end of the line"},
    {"SomethingRightAfterABarrier", stream({"1 load 0 barrier=1"}),
     "stream:9:17: '=1'; expected a blank"},
    {"ADependencyWithoutId", stream({move_as("1 load 0"), move_as("2 load 0 after=load")}),
     "stream:10:20: a blank; expected ':' and the number of a command"},
    {"ADependencyOnAnUnknownEngine", stream({move_as("1 load 0"), move_as("2 load 0 after=lod:1")}),
     "stream:10:16: unknown engine 'lod'; expected one of array, load, vector; did you mean "
     "'load'?"},
    {"ADependencyOnItself", stream({move_as("1 load 0"), move_as("2 load 0 after=load:2")}),
     "stream:10:10: after: load:2 is no earlier command; expected 1 to 1"},
    {"ADependencyOnALaterCommand", stream({move_as("1 load 0"), move_as("2 load 0 after=load:7")}),
     "stream:10:10: after: load:7 is no earlier command; expected 1 to 1"},
    {"ADependencyOnNothing", stream({move_as("1 load 0"), move_as("2 load 0 after=load:0")}),
     "stream:10:10: after: load:0 is no earlier command; expected 1 to 1"},
    {"ADependencyOfTheFirstCommand", stream({move_as("1 load 0 after=load:1")}),
     "stream:9:10: after: load:1 is no earlier command; expected nothing to wait for before the "
     "first command"},
    {"ADependencyOnAnotherEngine", stream({move_as("1 load 0"), move_as("2 load 0 after=array:1")}),
     "stream:10:10: after: array:1 belongs to another engine; expected load:1"},
    {"ADependencyOnABarrier", stream({"1 load 0 barrier", move_as("2 load 0 after=load:1")}),
     "stream:10:10: after: load:1 is a barrier; expected nothing: what follows a barrier waits "
     "for it"},
    {"ARendezvousWithoutNumber", meeting("7", {"1 load 0 rendezvous"}),
     "stream:10:10: 'rendezvous' without 'number'; expected number=..."},
    {"ARendezvousThatTheHeaderDoesNotName",
     meeting("7", {"1 load 0 rendezvous number=7", "2 load 0 rendezvous number=8"}),
     "stream:11:21: number: rendezvous 8 does not stand in the header; expected one of those that "
     "do"},
    {"ARendezvousWithoutAnyInTheHeader", stream({"1 load 0 rendezvous number=7"}),
     "stream:9:21: number: rendezvous 7 does not stand in the header; expected a line "
     "'rendezvous NUMBER,...' in the header"},
    {"ARendezvousOutOfOrder",
     meeting("7,9", {"1 load 0 rendezvous number=9", "2 load 0 rendezvous number=7"}),
     "stream:10:21: number: rendezvous 9 before rendezvous 7; expected each once, in the order of "
     "their numbers\n"
     "stream:11:21: number: rendezvous 7 a second time, or behind a later one; expected each once, "
     "in the order of their numbers"},
    {"ARendezvousThatIsNeverReached", meeting("7,9", {"1 load 0 rendezvous number=7"}),
     "stream:11:1: the stream ends without rendezvous 9, where others would wait for it; expected "
     "every rendezvous that the header declares"},
    {"ADependencyOnARendezvous",
     meeting("7", {"1 load 0 rendezvous number=7", move_as("2 load 0 after=load:1")}),
     "stream:11:10: after: load:1 is a rendezvous; expected nothing: what follows a rendezvous "
     "waits for it"},
    {"AMoveOutsideTheBytesInUse", with_header_line("uses scratchpad 64 128", {move_as("1 load 0")}),
     "stream:10:34: destination: bytes 0 to 63 of the scratchpad; expected bytes 64 to 127, which "
     "the header says are used"},
    {"AMemoryThatTheHeaderDoesNotSayIsUsed",
     with_header_line("uses accumulator:array 0 64", {move_as("1 load 0")}),
     "stream:10:34: destination: bytes of the scratchpad; expected memories that the header says "
     "are used"},
    {"ADependencyTwiceGiven",
     stream({move_as("1 load 0"), move_as("2 load 0 after=load:1 after=load:1")}),
     "stream:10:23: unknown command 'after'; expected one of move, compute, vector, barrier, "
     "rendezvous, pim"},
    {"NoEqualsSignAfterAfter", stream({move_as("1 load 0"), move_as("2 load 0 after load:1")}),
     "stream:10:15: a blank; expected '=' and ENGINE:ID,..."},
    {"AnUnknownKey", move_with("row_bytes=64", "row_byte=64"),
     "stream:9:59: unknown key of 'move' 'row_byte'; expected one of source, source_stride, "
     "destination, destination_stride, count, row_bytes; did you mean 'row_bytes'?"},
    {"AKeyTwice", move_with("row_bytes=64", "row_bytes=64 row_bytes=64"),
     "stream:9:72: a second 'row_bytes'; expected every key once"},
    {"NoEqualsSign", move_with("row_bytes=64", "row_bytes 64"),
     "stream:9:68: a blank; expected '=' after 'row_bytes'"},
    {"AMissingKey", move_with(" row_bytes=64", ""),
     "stream:9:10: 'move' without 'row_bytes'; expected row_bytes=..."},
    {"AValueThatIsNoNumber", move_with("=64", "=many"), "stream:9:69: 'many'; expected bytes"},
    {"AValueBeyond64Bits", move_with("=64", "=9223372036854775808"),
     "stream:9:69: '9223372036854775808' is out of range; expected bytes"},
    {"ANumberWithAFraction", move_with("=64", "=64.5"), "stream:9:69: '64.5'; expected bytes"},
    {"SomethingRightAfterAValue", move_with("=64", "=64,"), "stream:9:71: ','; expected a blank"},
    {"AnUnknownMemory", move_with("scratchpad", "scratch"),
     "stream:9:46: unknown memory 'scratch'; expected one of tier, scratchpad, accumulator"},
    {"AnUnknownTier", move_with("tier:dram", "tier:dramm"),
     "stream:9:27: unknown tier 'dramm'; expected one of dram; did you mean 'dram'?"},
    {"ATierWithoutName", move_with("tier:dram", "tier"),
     "stream:9:26: '@0'; expected ':' and a name"},
    {"NoAddress", move_with("scratchpad@0", "scratchpad"),
     "stream:9:56: a blank; expected '@' and an address in bytes"},
    {"TwoCounts", move_with("row_bytes=64", "row_bytes=64 count=1,2"),
     "stream:9:81: the line ends; expected three counts, outermost first"},
    {"NoRows", move_with("row_bytes=64", "row_bytes=0"),
     "stream:9:59: row_bytes: 0 is out of range; expected 1 to 1099511627776"},
    {"ANegativeCount", move_with("row_bytes=64", "row_bytes=64 count=1,1,-2"),
     "stream:9:72: count: -2 is out of range; expected 1 to 1099511627776"},
    {"ARowBeyondAllMachines", move_with("=64", "=1099511627777"),
     "stream:9:59: row_bytes: 1099511627777 is out of range; expected 1 to 1099511627776"},
    {"AMoveBeyondAllMachines", move_with("row_bytes=64", "row_bytes=4294967296 count=1,65536,2"),
     "stream:9:80: count: moves too much; expected at most 281474976710656 bytes"},
    {"AMoveThatReachesTooFar",
     move_with("row_bytes=64", "row_bytes=64 count=1,1,3 source_stride=0,0,9223372036854775807"),
     "stream:9:15: source: reaches too far; expected addresses below 72057594037927936"},
    {"AMoveInsideTheChip", move_with("tier:dram@0", "scratchpad@64"),
     "stream:9:15: source: a move inside the chip; expected a tier as source or destination"},
    {"AMoveFromAccumulators", move_with("scratchpad", "accumulator:array"),
     "stream:9:34: destination: the accumulators of array; expected a tier or the scratchpad"},
};

class BadCommand : public testing::TestWithParam<TextCase> {};

TEST_P(BadCommand, IsAnsweredWithItsMessage) {
  EXPECT_EQ(error_of(kTextForm, GetParam().text), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Text, BadCommand, testing::ValuesIn(kCases),
                         [](const auto& suite) { return suite.param.name; });

TEST(TheCases, WouldBeSoundWithoutTheirMistake) {
  EXPECT_EQ(error_of(kTextForm, move_with("0", "0")), "no error");
  EXPECT_EQ(error_of(kTextForm, tile_with("0", "0")), "no error");
  EXPECT_EQ(error_of(kTextForm, vector_with("0", "0")), "no error");
  EXPECT_EQ(error_of(kTextForm, header_with(8, {"layer l gemm"})), "no error");
}

}  // namespace
}  // namespace orrery::command
