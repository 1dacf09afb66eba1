// SPDX-License-Identifier: Apache-2.0
// The worked example of docs/command_stream.md.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

std::string example() {
  std::ifstream file(std::string(ORRERY_SOURCE_DIR) + "/docs/command_stream.md");
  std::ostringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const std::string fence = "```text\n";
  const std::size_t begin = text.find(fence) + fence.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

TEST(TheWorkedExample, HoldsWhatItsTextSays) {
  const auto read = kTextForm.open(example());
  EXPECT_EQ(read->header().engines,
            (std::vector<std::string>{"array", "vector", "load0", "load1", "store"}));
  EXPECT_EQ(read->header().layers.front().macs_useful, 32 * 32 * 32);
  const std::vector<Command> commands = drain(*read);
  ASSERT_EQ(commands.size(), 5U);
  EXPECT_EQ(std::get<Move>(commands[0].body).bytes(), 32 * 32);
  EXPECT_EQ(std::get<Move>(commands[1].body).bytes(), 32 * 32);
  const auto& tile = std::get<ComputeTile>(commands[2].body);
  EXPECT_EQ(tile.macs_useful, 32 * 32 * 32);
  EXPECT_FALSE(tile.accumulate);
  EXPECT_EQ(commands[2].after.size(), 2U);
  const auto& vector = std::get<VectorCommand>(commands[3].body);
  ASSERT_EQ(vector.stages.size(), 2U);
  EXPECT_EQ(vector.stages[0].parameters[0], 1.0 / 16.0);
  EXPECT_EQ(vector.stages[1].kind, VectorKind::kRelu);
}

TEST(TheWorkedExample, IsWrittenAsItStandsThereWithoutItsComments) {
  std::istringstream lines(example());
  std::string expected;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#') {
      expected += line + "\n";
    }
  }
  EXPECT_EQ(kTextForm.bytes(*kTextForm.open(example())), expected);
}

TEST(TheTextForm, MayBeWrittenByHand) {
  const std::string text =
      "orrery-stream 1\r\n"
      "  # the header in another order\n"
      "layer \"l\" gemm limited_by=array macs=6\n"
      "\ttier dram # a comment behind a line\n"
      "engine e\n\n"
      "platform p\nworkload w\n"
      "1 e 0   move  row_bytes=64 count=1,2,3 destination=scratchpad@0\tsource=tier:\"dram\"@0\n"
      "2 e 0 compute c=accumulator:e@0/fp32[1][1] b=scratchpad@0/fp8[][] a=scratchpad@0/fp8[][] "
      "k=1 "
      "n=1 m=1 dataflow=os accumulate=no macs=1\n"
      "3 e 0 vector rows=1 columns=1 source=scratchpad@0/int4[1:0:0:0][1]{0:-,0:-} "
      "stage=scale(parameters=2,0) stage=relu() destination=scratchpad@0/int4[1][1]\n"
      "end";
  EXPECT_EQ(kTextForm.bytes(*kTextForm.open(text)),
            "orrery-stream 1\nworkload w\nplatform p\nseed 0\nengine e\ntier dram\n"
            "layer l gemm macs=6 limited_by=array\n"
            "1 e 0 move source=tier:dram@0 destination=scratchpad@0 count=1,2,3 row_bytes=64\n"
            "2 e 0 compute dataflow=os m=1 n=1 k=1 a=scratchpad@0/fp8_e4m3[][] "
            "b=scratchpad@0/fp8_e4m3[][] "
            "c=accumulator:e@0/fp32[1][1]\n"
            "3 e 0 vector rows=1 columns=1 source=scratchpad@0/int4[1][1] "
            "stage=scale(parameters=2) stage=relu destination=scratchpad@0/int4[1][1]\n"
            "end\n");
}

}  // namespace
}  // namespace orrery::command
