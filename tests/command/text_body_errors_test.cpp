// SPDX-License-Identifier: Apache-2.0
// Every mistake in compute and vector commands, and its message.
#include <gtest/gtest.h>

#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

const std::vector<TextCase> kCases = {
    {"AnUnknownDataflow", tile_with("=ws", "=wz"),
     "stream:9:28: unknown dataflow 'wz'; expected one of os, ws, is, rs; did you mean "
     "'ws'?"},
    {"AWindowWithoutRows", tile_with("k=4", "k=4 filter=2,2"),
     "stream:9:43: 'filter' of a tile with dataflow ws; expected it with rs, whose tiles are "
     "windows "
     "over an image"},
    {"AWindowOfOtherOutputs", tile_with("=ws m=2", "=rs outputs=1,3,1 m=2"),
     "stream:9:31: outputs: 1 x 3 x 1 outputs; expected m = 2 of them"},
    {"TapsThatDoNotDivideTheProducts", tile_with("=ws m=2", "=rs filter=1,3 m=2"),
     "stream:9:31: filter: 1 x 3 taps; expected a divisor of k = 4"},
    {"AStrideOfNothing", tile_with("=ws m=2", "=rs stride=0,1 m=2"),
     "stream:9:31: stride: 0 is out of range; expected 1 to 1048576"},
    {"HalfADilation", tile_with("=ws m=2", "=rs dilation=2 m=2"),
     "stream:9:41: a blank; expected two sizes: of rows, of columns"},
    {"NoWidth", tile_with("n=3", "n=0"),
     "stream:9:35: n: 0 is out of range; expected 1 to 1099511627776"},
    {"SeveralSizesOutOfRange", tile_with("m=2 n=3", "m=0 n=-3"),
     "stream:9:31: m: 0 is out of range; expected 1 to 1099511627776\n"
     "stream:9:35: n: -3 is out of range; expected 1 to 1099511627776"},
    {"ATileBeyondAllMachines", tile_with("m=2 n=3 k=4", "m=1099511627776 n=1099511627776 k=1"),
     "stream:9:31: m: m * n * k is too large; expected at most 281474976710656"},
    {"NoGroups", tile_with("k=4", "k=4 groups=0"),
     "stream:9:43: groups: 0 is out of range; expected 1 to 1099511627776"},
    {"GroupsThatTheViewsDoNotShow", tile_with("k=4", "k=4 groups=2"),
     "stream:9:52: a: a view of 2 x 4 elements; expected 2 x 8\n"
     "stream:9:83: b: a view of 4 x 3 elements; expected 8 x 3\n"
     "stream:9:114: c: a view of 2 x 3 elements; expected 2 x 6"},
    {"GroupsBeyondAllMachines", tile_with("k=4", "k=1099511627776 groups=1099511627776"),
     "stream:9:31: m: groups * m * n * k is too large; expected at most 281474976710656"},
    {"TooManyMacs", tile_with("compute", "compute macs=25"),
     "stream:9:19: macs: 25 is out of range; expected 0 to 24"},
    {"NegativeMacs", tile_with("compute", "compute macs=-1"),
     "stream:9:19: macs: -1 is out of range; expected 0 to 24"},
    {"AViewOfAnotherShape", tile_with("a=scratchpad@0/int8[2:32]", "a=scratchpad@0/int8[3:32]"),
     "stream:9:43: a: a view of 3 x 4 elements; expected 2 x 4"},
    {"AnOperandInATier", tile_with("b=scratchpad", "b=tier:dram"),
     "stream:9:74: b: tier dram; expected the scratchpad"},
    {"SumsInTheScratchpad", tile_with("c=accumulator:array", "c=scratchpad"),
     "stream:9:105: c: the scratchpad; expected the accumulators of array"},
    {"SumsOfAnotherArray", tile_with("c=accumulator:array", "c=accumulator:load"),
     "stream:9:105: c: the accumulators of load; expected the accumulators of array"},
    {"SumsOfSixteenBits", tile_with("int32[2:96][3:32]", "fp16[2:48][3:16]"),
     "stream:9:105: c: fp16; expected int32 or fp32, the types of partial sums"},
    {"AnUnknownType", tile_with("a=scratchpad@0/int8", "a=scratchpad@0/int17"),
     "stream:9:58: unknown type 'int17'; expected an element type; did you mean 'int16'?"},
    {"PartsOfBlocks",
     tile_with("a=scratchpad@0/int8[2:32][4:8]", "a=scratchpad@0/mxfp4[2:136][4:4]"),
     "stream:9:43: a: parts of blocks of mxfp4; expected 32:4 as the innermost digit of its rows "
     "or "
     "its columns"},
    {"AViewWithoutType", tile_with("a=scratchpad@0/int8[", "a=scratchpad@0["),
     "stream:9:57: '[2:32][4:8]'; expected '/' and a type"},
    {"AViewWithoutColumns", tile_with("[2:32][4:8]", "[2:32]"),
     "stream:9:68: a blank; expected '[' and digits"},
    {"AViewWithoutDigits", tile_with("[2:32][4:8]", ""),
     "stream:9:62: a blank; expected '[' and digits"},
    {"AnOpenBracket", tile_with("[2:32][4:8]", "[2:32][4:8"),
     "stream:9:72: a blank; expected ',' or ']'"},
    {"FiveDigits", tile_with("[2:32][4:8]", "[2:32][1,1,1,1,4:8]"),
     "stream:9:77: a fifth digit; expected at most four"},
    {"OneStep", tile_with("[2:32]", "[2:32:1]"),
     "stream:9:69: '][4:8]'; expected EXTENT, EXTENT:STRIDE or EXTENT:STRIDE:STEP:STEP"},
    {"ADigitOfNothing", tile_with("[2:32]", "[0:32]"),
     "stream:9:43: a: 0 is out of range; expected 1 to 1099511627776"},
    {"AStrideInsideAnElement", tile_with("[4:8]", "[4:12]"),
     "stream:9:43: a: a stride of 12 bits; expected a multiple of 8 bits for int8"},
    {"ADigitBeyondAllMachines", tile_with("[2:32]", "[1099511627777:32]"),
     "stream:9:43: a: 1099511627777 is out of range; expected 1 to 1099511627776"},
    {"DigitsBeyondAllMachines", tile_with("[2:32]", "[1048576,1048577]"),
     "stream:9:43: a: too many rows or columns; expected at most 1099511627776"},
    {"AViewThatReachesTooFar", tile_with("[2:32]", "[2:4611686018427387904]"),
     "stream:9:43: a: reaches too far; expected addresses below 72057594037927936"},
    {"ACoordinateThatReachesTooFar", tile_with("[2:32]", "[2:32:4611686018427387904:0]"),
     "stream:9:43: a: reaches too far; expected addresses below 72057594037927936"},
    {"OneBound", tile_with("[4:8] b", "[4:8]{0:3} b"),
     "stream:9:77: '}'; expected {ORIGIN:LIMIT,ORIGIN:LIMIT}, with LIMIT - for none"},
    {"AnOpenBrace", tile_with("[4:8] b", "[4:8]{0:3,0:- b"),
     "stream:9:81: a blank; expected {ORIGIN:LIMIT,ORIGIN:LIMIT}, with LIMIT - for none"},
    {"ALimitOfNothing", tile_with("[4:8] b", "[4:8]{0:0,0:-} b"),
     "stream:9:43: a: 0 is out of range; expected 1 to 9223372036854775807"},
    {"AChoiceThatIsNone", tile_with("compute", "compute accumulate=true"),
     "stream:9:30: unknown choice 'true'; expected one of no, yes"},
    {"NoRowsOfAVector", vector_with("rows=2", "rows=0"),
     "stream:9:19: rows: 0 is out of range; expected 1 to 1099511627776"},
    {"AVectorBeyondAllMachines",
     vector_with("rows=2 columns=3", "rows=1099511627776 columns=1099511627776"),
     "stream:9:19: rows: rows * columns is too large; expected at most 281474976710656"},
    {"TooManyMacsOfAVector", vector_with("rows=2", "macs=7 rows=2"),
     "stream:9:19: macs: 7 is out of range; expected 0 to 6"},
    {"ASourceInATier", vector_with("source=accumulator:array", "source=tier:dram"),
     "stream:9:36: source: tier dram; expected the scratchpad or accumulators"},
    {"ADestinationInATier", vector_with("destination=scratchpad", "destination=tier:dram"),
     "stream:9:81: destination: tier dram; expected the scratchpad or accumulators"},
    {"ADestinationAfterAReduction", vector_with("destination", "stage=reduce_mean destination"),
     "stream:9:99: destination: a view of 2 x 3 elements; expected 2 x 1"},
    {"AnUnknownStage", vector_with("destination", "stage=reluu destination"),
     "stream:9:87: unknown stage 'reluu'; expected one of copy, add, multiply, scale, relu, "
     "gelu, silu, softmax, layer_norm, rms_norm, reduce_maximum, reduce_mean, rotary, "
     "subtract, divide, maximum, minimum, exp, tanh, erf, sigmoid, sqrt, reciprocal, "
     "reciprocal_sqrt, log, abs, negate, clip, leaky_relu, hard_sigmoid, hard_swish, power, "
     "affine, sin, cos, reduce_sum, reduce_minimum; did you mean 'relu'?"},
    {"AStageWithoutItsOperand", vector_with("destination", "stage=add destination"),
     "stream:9:87: 'add' without 'operand'; expected operand=..."},
    {"AnOperandOfAnotherShape",
     vector_with("destination",
                 "stage=relu stage=add(operand=scratchpad@0/int8[2][4:8]) destination"),
     "stream:9:92: stage 2: a view of 2 x 4 elements; expected 2 x 3"},
    {"AStageOperandInATier",
     vector_with("destination", "stage=add(operand=tier:dram@0/int8[2][3:8]) destination"),
     "stream:9:81: stage 1: tier dram; expected the scratchpad or accumulators"},
    {"AStageThatDoesNotEnd",
     stream({"1 vector 0 vector rows=2 columns=3 source=accumulator:array@0/int32[2:96][3:32] "
             "destination=scratchpad@0/int8[2:24][3:8] stage=scale(parameters=2"}),
     "stream:9:146: the line ends; expected ')'"},
    {"AnUnknownKeyOfAStage", vector_with("destination", "stage=scale(factor=2) destination"),
     "stream:9:93: unknown key of 'scale' 'factor'; expected one of operand, parameters"},
    {"FourParameters", vector_with("destination", "stage=scale(parameters=1,2,3,4) destination"),
     "stream:9:109: ',4)'; expected a blank"},
    {"AParameterThatIsNoNumber",
     vector_with("destination", "stage=scale(parameters=x) destination"),
     "stream:9:104: 'x)'; expected up to three numbers"},
    {"AnInfiniteParameter", vector_with("destination", "stage=scale(parameters=inf) destination"),
     "stream:9:81: stage 1: inf as a parameter; expected a finite number"},
    {"AParameterBeyondAllNumbers",
     vector_with("destination", "stage=scale(parameters=1e999) destination"),
     "stream:9:104: '1e999' is out of range; expected up to three numbers"},
    {"RotaryOverOddColumns", vector_with("destination", "stage=rotary destination"),
     "stream:9:81: stage 1: rotary over 3 columns; expected an even number"},
    {"TooManyStages", vector_with("destination", repeated("stage=relu ", 65) + "destination"),
     "stream:9:791: too many stages; expected at most 64"},
    {"MistakesOfSeveralCommands",
     stream({"1 load 0 move source=tier:dram@0 destination=scratchpad@0 row_bytes=0",
             move_as("2 lod 0"), move_as("3 load 9 after=load:2")}),
     "stream:9:59: row_bytes: 0 is out of range; expected 1 to 1099511627776\n"
     "stream:10:3: unknown engine 'lod'; expected one of array, load, vector; did you mean "
     "'load'?\n"
     "stream:11:8: layer: no layer 9; expected 0 to 0"},
};

class BadBody : public testing::TestWithParam<TextCase> {};

TEST_P(BadBody, IsAnsweredWithItsMessage) {
  EXPECT_EQ(error_of(kTextForm, GetParam().text), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Text, BadBody, testing::ValuesIn(kCases),
                         [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace orrery::command
