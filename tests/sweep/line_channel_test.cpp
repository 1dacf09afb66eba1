// SPDX-License-Identifier: Apache-2.0
#include "sweep/line_channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace orrery::sweep {
namespace {

class LineChannelTest : public testing::Test {
 protected:
  LineChannelTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }

  void write_there(const std::string& text) const {
    EXPECT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  std::array<int, 2> ends_{};
};

TEST_F(LineChannelTest, GivesLinesHoweverTheyArrive) {
  LineChannel channel(ends_[0]);
  write_there("one\ntwo\nth");
  EXPECT_EQ(channel.receive(0), "one");
  EXPECT_EQ(channel.receive(0), "two");
  EXPECT_EQ(channel.receive(0), std::nullopt);
  write_there("ree\n\n");
  EXPECT_EQ(channel.receive(0), "three");
  EXPECT_EQ(channel.receive(0), "");
  EXPECT_FALSE(channel.abandoned());
  EXPECT_FALSE(channel.closed());
  close(ends_[1]);
}

TEST_F(LineChannelTest, KnowsWhenTheOtherEndIsGone) {
  LineChannel channel(ends_[0]);
  write_there("last\nhalf a line");
  close(ends_[1]);
  EXPECT_TRUE(channel.abandoned());
  EXPECT_EQ(channel.receive(-1), "last");
  EXPECT_EQ(channel.receive(-1), std::nullopt);
  EXPECT_TRUE(channel.closed());
  EXPECT_FALSE(channel.send("anybody there?"));
}

TEST_F(LineChannelTest, CarriesMoreThanASocketHolds) {
  const std::string line(5'000'000, 'x');
  LineChannel there(ends_[1]);
  std::string received;
  std::thread reader([&] { received = there.receive(-1).value_or(""); });
  LineChannel channel(ends_[0]);
  EXPECT_TRUE(channel.send(line));
  reader.join();
  EXPECT_EQ(received, line);
}

}  // namespace
}  // namespace orrery::sweep
