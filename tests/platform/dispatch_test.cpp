// SPDX-License-Identifier: Apache-2.0
// Partitions of the scratchpad have dispatchers of their own, which read ahead so far.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/platform/small_streams.h"

namespace orrery::platform {
namespace {

constexpr base::Femtoseconds kCycle = 1'000'000;

// `count` copies of 20 cycles on the vector unit of partition 0, with a queue of one command, and
// then one on that of partition 1: when that is done, in cycles.
std::int64_t end_of_other(int count, int lookahead, const std::vector<std::string>& more = {}) {
  std::vector<std::string> set{"platform.scratchpad.partitions=2",
                               "platform.engines.vector.queue_depth=1",
                               fmt::format("platform.sequencer.lookahead={}", lookahead)};
  for (const char* engine : {"array", "vector", "load", "store"}) {
    set.push_back(fmt::format("platform.engines.{}.count=2", engine));
  }
  set.insert(set.end(), more.begin(), more.end());
  const hardware::PlatformConfig platform = small_platform(set);
  SmallStream stream("copies");
  stream.header().engines.clear();
  for (const hardware::PlatformConfig::Instance& instance : platform.instances()) {
    stream.header().engines.push_back(instance.name);
  }
  const command::EngineIndex first = 2;  // behind two arrays
  for (int i = 0; i < count; ++i) {
    stream.add(first, copy_of(16, 16));
  }
  stream.add(first + 1, copy_of(16, 16));
  return run_streams(platform, {stream}).layers.back().end / kCycle;
}

// In cycle 0 a command goes to the queue and `lookahead` wait: so many more are read. In cycle 1
// the first one starts, the second goes to the queue, and one more is read; the next only in
// cycle 21.
TEST(Dispatch, ReadsOnUntilTheOtherPartitionsPlacesAreFull) {
  for (const int lookahead : {1, 2, 7}) {
    EXPECT_EQ(end_of_other(lookahead, lookahead), 1 + 20);
    EXPECT_EQ(end_of_other(lookahead + 1, lookahead), 1 + 20);
    EXPECT_EQ(end_of_other(lookahead + 2, lookahead), 1 + 1 + 20);
    EXPECT_EQ(end_of_other(lookahead + 3, lookahead), 21 + 1 + 20);
  }
}

// A place falls free when its command is sent, not when that is decided: with room in the queue,
// command i is sent in cycle 5 i, and the other partition's is read when all but `lookahead` of the
// commands before it have been.
TEST(Dispatch, KeepsAPlaceUntilItsCommandIsSent) {
  const std::vector<std::string> wide{"platform.engines.vector.queue_depth=64",
                                      "platform.sequencer.dispatch_cycles=5"};
  // 2 commands: the first is sent in cycle 0, the second has a place.
  EXPECT_EQ(end_of_other(2, 1, wide), 5 + 20);
  // 3: the second is sent in cycle 5; 4: the third in cycle 10.
  EXPECT_EQ(end_of_other(3, 1, wide), 5 + 5 + 20);
  EXPECT_EQ(end_of_other(4, 1, wide), 10 + 5 + 20);
  EXPECT_EQ(end_of_other(4, 2, wide), 5 + 5 + 20);
  EXPECT_EQ(end_of_other(4, 3, wide), 5 + 20);
}

// Several commands a cycle in sum: as many as there are partitions.
TEST(Dispatch, PartitionsDoNotTakeTurns) {
  EXPECT_EQ(end_of_other(1, 64), 1 + 20);
}

}  // namespace
}  // namespace orrery::platform
