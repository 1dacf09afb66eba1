// SPDX-License-Identifier: Apache-2.0
// Streams against the machine that they are to run on.
#include <gtest/gtest.h>

#include "tests/command/text_cases.h"

namespace orrery::command {
namespace {

// The machine of the sound streams: the scratchpad holds what they use of it, and no byte more.
Extents machine() {
  Extents extents;
  extents.scratchpad = 64;
  extents.tiers = {{"dram", 1024}, {"hbm", 64}};
  extents.accumulators = {{"array", 24}};
  return extents;
}

std::string error_on(const Extents& extents, const std::string& text) {
  return error_of(kTextForm, text, extents);
}

TEST(Extents, MayBeUsedToTheLastByte) {
  EXPECT_EQ(error_on(machine(), move_with("0", "0")), "no error");
  // c: 2 x 3 partial sums of 4 bytes are 24 bytes
  EXPECT_EQ(error_on(machine(), tile_with("0", "0")), "no error");
  EXPECT_EQ(error_on(machine(), vector_with("0", "0")), "no error");
}

TEST(Extents, EndWithTheLastByte) {
  Extents extents = machine();
  extents.scratchpad = 63;
  EXPECT_EQ(error_on(extents, move_with("0", "0")),
            "stream:9:34: destination: bytes 0 to 63 of the scratchpad; expected bytes 0 to 62");
  extents = machine();
  extents.accumulators["array"] = 23;
  EXPECT_EQ(error_on(extents, tile_with("0", "0")),
            "stream:9:105: c: bytes 0 to 23 of the accumulators of array; expected bytes 0 to 22");
  EXPECT_EQ(
      error_on(extents, vector_with("0", "0")),
      "stream:9:36: source: bytes 0 to 23 of the accumulators of array; expected bytes 0 to 22");
  // Rows of 64 bytes at 0 and 961: up to byte 1024, one beyond the tier.
  EXPECT_EQ(error_on(machine(), move_with("=64", "=64 count=1,1,2 source_stride=0,0,961")),
            "stream:9:15: source: bytes 0 to 1024 of tier dram; expected bytes 0 to 1023");
  EXPECT_EQ(error_on(machine(), move_with("=64", "=64 count=1,1,2 source_stride=0,0,960")),
            "no error");
}

TEST(Extents, BeginAtZero) {
  EXPECT_EQ(error_on(machine(), move_with("dram@0", "dram@-1")),
            "stream:9:15: source: bytes -1 to 62 of tier dram; expected bytes 0 to 1023");
  EXPECT_EQ(error_on(machine(), move_with("=64", "=64 count=1,1,2 source_stride=0,0,-1")),
            "stream:9:15: source: bytes -1 to 63 of tier dram; expected bytes 0 to 1023");
}

TEST(Extents, HoldOnlyWhatLiesInsideTheBounds) {
  // Row r of a lies at 32 bits * (r - 1); r = 0 is padding.
  const std::string view = "a=scratchpad@-4/int8[2:32:1:0][4:8]";
  EXPECT_EQ(error_on(machine(), tile_with("a=scratchpad@0/int8[2:32][4:8]", view + "{-1:1,0:-}")),
            "no error");
  EXPECT_EQ(error_on(machine(), tile_with("a=scratchpad@0/int8[2:32][4:8]", view)),
            "stream:9:43: a: bytes -4 to 3 of the scratchpad; expected bytes 0 to 63");
}

TEST(Extents, SayWhichTiersThereAre) {
  EXPECT_EQ(error_on(machine(), header_with(7, {"tier drum"})),
            "stream:7:6: the platform has no tier 'drum'; expected one of dram, hbm; did you mean "
            "'dram'?");
}

TEST(Extents, SayWhichEnginesHaveAccumulators) {
  Extents extents = machine();
  extents.accumulators.clear();
  EXPECT_EQ(error_on(extents, tile_with("0", "0")),
            "stream:9:105: c: bytes 0 to 23 of the accumulators of array; expected a memory that "
            "the platform has");
}

// The same with everything that a machine can say of itself.
Extents named_machine() {
  Extents extents = machine();
  extents.engines = {{"vector", "vector"}, {"array", "compute"}, {"load", "move"}, {"store", ""}};
  extents.tier_order = {"hbm", "dram"};
  return extents;
}

TEST(AMachineWithNames, IsMetInItsOwnOrder) {
  const std::string text =
      stream({move_as("1 load 0"), "2 array 0 barrier", move_as("3 load 0 after=load:1")});
  // The same in binary form, which knows indices only.
  const std::string binary = kBinaryForm.bytes(*kTextForm.open(text));
  for (const auto& [form, bytes] : {std::pair{&kTextForm, &text}, {&kBinaryForm, &binary}}) {
    const auto read = form->open(*bytes, named_machine());
    EXPECT_EQ(read->header().engines,
              (std::vector<std::string>{"vector", "array", "load", "store"}));
    EXPECT_EQ(read->header().tiers, (std::vector<std::string>{"hbm", "dram"}));
    const std::vector<Command> commands = drain(*read);
    ASSERT_EQ(commands.size(), 3U);
    EXPECT_EQ(commands[0].engine, 2);
    EXPECT_EQ(std::get<Move>(commands[0].body).source.space, (Space{SpaceKind::kTier, 1}));
    EXPECT_EQ(commands[1].engine, 1);
    EXPECT_EQ(commands[2].after.front(), (Dependency{2, 1}));
  }
}

TEST(AMachineWithNames, HasNoOtherEngines) {
  EXPECT_EQ(error_on(named_machine(), header_with(4, {"engine lod"})),
            "stream:4:8: the platform has no engine 'lod'; expected one of vector, array, load, "
            "store; did you mean 'load'?");
  EXPECT_EQ(error_on(named_machine(), header_with(7, {"tier drum"})),
            "stream:7:6: the platform has no tier 'drum'; expected one of hbm, dram; did you mean "
            "'dram'?");
}

TEST(AMachineWithNames, SaysWhatItsEnginesExecute) {
  EXPECT_EQ(error_on(named_machine(), stream({move_as("1 vector 0")})),
            "stream:9:12: vector cannot execute 'move'; expected vector");
  EXPECT_EQ(error_on(named_machine(), stream({"1 vector 0 barrier"})), "no error");
  std::string text = replaced(stream({move_as("1 load 0")}), "1 load 0", "1 store 0");
  text = replaced(text, "engine load", "engine store");
  EXPECT_EQ(error_on(named_machine(), text), "no error");
}

TEST(Files, ThatAreNoneAreNamed) {
  const auto error = [](const std::filesystem::path& path) {
    try {
      (void)open_stream(path);
    } catch (const base::UserError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(error("no/such/stream"), "no/such/stream: no such file; expected a command stream");
  EXPECT_EQ(error("."), ".: is a folder; expected a command stream");
}

}  // namespace
}  // namespace orrery::command
