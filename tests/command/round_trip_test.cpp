// SPDX-License-Identifier: Apache-2.0
// What one form writes, it reads back to the same commands; written again, the same bytes.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/command/forms.h"
#include "tests/command/list_source.h"
#include "tests/command/random_stream.h"

namespace orrery::command {
namespace {

constexpr std::uint64_t kStreams = 100;
constexpr std::size_t kCommands = 60;

class RoundTrip : public testing::TestWithParam<const Form*> {};

TEST_P(RoundTrip, GivesTheSameCommandsAndTheSameBytes) {
  const Form& form = *GetParam();
  std::array<int, 6> kinds{};
  for (std::uint64_t seed = 1; seed <= kStreams; ++seed) {
    RandomStream random(seed);
    const StreamHeader header = random.header();
    const std::vector<Command> commands = random.commands(header, kCommands);
    ListSource source(header, commands);
    const std::string bytes = form.bytes(source);

    const auto read = form.open(bytes);
    EXPECT_TRUE(same(read->header(), header)) << "seed " << seed;
    const std::vector<Command> found = drain(*read);
    ASSERT_EQ(found.size(), commands.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(same(found[i], commands[i])) << "seed " << seed << "\n"
                                               << to_text(commands[i], header) << "\n"
                                               << to_text(found[i], header);
      ++kinds[commands[i].body.index()];
    }

    ListSource again(read->header(), found);
    EXPECT_EQ(form.bytes(again), bytes) << "seed " << seed;
  }
  for (const int count : kinds) {
    EXPECT_GT(count, 100);
  }
}

TEST_P(RoundTrip, OfNoCommandsIsAStreamWithoutCommands) {
  const StreamHeader header{"w", "p", 0, {"e"}, {}, {{"l", "k", 0, "", "", ""}}};
  ListSource source(header, {});
  const auto read = GetParam()->open(GetParam()->bytes(source));
  EXPECT_TRUE(same(read->header(), header));
  EXPECT_TRUE(drain(*read).empty());
  Command command;
  EXPECT_FALSE(read->next(command));
}

TEST_P(RoundTrip, KeepsWhatAStreamUses) {
  StreamHeader header{"w", "p", 0, {"e", "f"}, {"s", "t"}, {{"l", "k", 0, "", "", ""}}};
  header.uses = {{{SpaceKind::kTier, 1}, 0, 1LL << 40},
                 {{SpaceKind::kScratchpad, 0}, 4096, 8192},
                 {{SpaceKind::kAccumulator, 1}, 7, 8}};
  ListSource source(header, {});
  const std::string bytes = GetParam()->bytes(source);
  const auto read = GetParam()->open(bytes);
  EXPECT_TRUE(same(read->header(), header));
  EXPECT_EQ(GetParam()->bytes(*read), bytes);
}

// Where the machine has another order of names, the ranges follow.
TEST_P(RoundTrip, TurnsWhatAStreamUsesIntoTheMachinesOrder) {
  StreamHeader header{"w", "p", 0, {"e", "f"}, {"s", "t"}, {{"l", "k", 0, "", "", ""}}};
  header.uses = {{{SpaceKind::kTier, 0}, 0, 10}, {{SpaceKind::kAccumulator, 0}, 5, 8}};
  Extents extents;
  extents.engines = {{"f", "compute"}, {"e", "compute"}};
  extents.accumulators = {{"e", 8}, {"f", 8}};
  extents.tiers = {{"s", 10}, {"t", 10}};
  extents.tier_order = {"t", "s"};
  ListSource source(header, {});
  const auto read = GetParam()->open(GetParam()->bytes(source), extents);
  EXPECT_EQ(read->header().uses, (std::vector<UsedRange>{{{SpaceKind::kTier, 1}, 0, 10},
                                                         {{SpaceKind::kAccumulator, 1}, 5, 8}}));
}

TEST_P(RoundTrip, RefusesCommandsThatAreNotNumberedInOrder) {
  const StreamHeader header{"w", "p", 0, {"e"}, {}, {{"l", "k", 0, "", "", ""}}};
  Command command;
  command.id = 2;
  command.body = Barrier{};
  ListSource source(header, {command});
  EXPECT_THROW((void)GetParam()->bytes(source), base::InternalError);
}

INSTANTIATE_TEST_SUITE_P(Forms, RoundTrip, testing::Values(&kTextForm, &kBinaryForm),
                         [](const auto& suite) { return suite.param->name; });

TEST(Forms, TellTheSameStream) {
  for (std::uint64_t seed = 1; seed <= kStreams; ++seed) {
    RandomStream random(seed);
    const StreamHeader header = random.header();
    ListSource source(header, random.commands(header, kCommands));
    const std::string text = kTextForm.bytes(source);
    const auto from_text = kTextForm.open(text);
    const std::string binary = kBinaryForm.bytes(*from_text);
    const auto from_binary = kBinaryForm.open(binary);
    EXPECT_EQ(kTextForm.bytes(*from_binary), text) << "seed " << seed;
    EXPECT_LT(binary.size() * 2, text.size());
  }
}

TEST(Forms, AreToldApartByTheirFirstBytes) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir());
  RandomStream random(7);
  const StreamHeader header = random.header();
  const std::vector<Command> commands = random.commands(header, kCommands);
  for (const Form* form : {&kTextForm, &kBinaryForm}) {
    ListSource source(header, commands);
    const fs::path path = folder / (std::string("forms_test_") + form->name);
    std::ofstream(path, std::ios::binary) << form->bytes(source);
    const auto read = open_stream(path);
    EXPECT_TRUE(same(read->header(), header));
    EXPECT_EQ(drain(*read).size(), kCommands);
    fs::remove(path);
  }
}

TEST(Forms, WriteACommandAsItStandsInTheText) {
  RandomStream random(3);
  const StreamHeader header = random.header();
  const std::vector<Command> commands = random.commands(header, 20);
  ListSource source(header, commands);
  const std::string text = kTextForm.bytes(source);
  for (const Command& command : commands) {
    EXPECT_NE(text.find("\n" + to_text(command, header) + "\n"), std::string::npos);
  }
}

// A source that counts what was taken from it.
class CountingBuffer : public std::stringbuf {
 public:
  using std::stringbuf::stringbuf;
  std::size_t taken = 0;

 protected:
  std::streamsize xsgetn(char* target, std::streamsize count) override {
    const std::streamsize got = std::stringbuf::xsgetn(target, count);
    taken += static_cast<std::size_t>(got);
    return got;
  }
};

class BufferStream : public std::istream {
 public:
  explicit BufferStream(CountingBuffer* buffer) : std::istream(buffer) {}
};

TEST_P(RoundTrip, ReadsTheFileAsItIsDrained) {
  RandomStream random(5);
  const StreamHeader header = random.header();
  ListSource source(header, random.commands(header, 5000));
  CountingBuffer buffer(GetParam()->bytes(source), std::ios::in);
  const std::size_t size = buffer.str().size();
  const auto read =
      GetParam()->read(std::make_unique<BufferStream>(&buffer), "stream", std::nullopt);
  Command command;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(read->next(command));
  }
  // One buffer of 64 KiB at a time.
  EXPECT_LE(buffer.taken, std::size_t{64} << 10);
  EXPECT_GT(size, std::size_t{128} << 10);
}

}  // namespace
}  // namespace orrery::command
