// SPDX-License-Identifier: Apache-2.0
// Several streams on one platform.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/stream_set.h"
#include "tests/platform/small_streams.h"

namespace orrery::platform {
namespace {

using command::Rendezvous;
using testing::HasSubstr;
using Span = std::pair<std::int64_t, std::int64_t>;

TEST(Streams, HaveASequencerEachAndShareTheEngines) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
  for (SmallStream& stream : streams) {
    stream.add(kArray, tile(16, 16, 16));
  }
  const metrics::RunResult result = run_streams(small_platform(), streams);
  // Both arrive in cycle 1, and the first stream goes first: 16 of preload and 47, as alone. The
  // second's preload begins when the first's has ended, 16 cycles later.
  EXPECT_EQ(span_of(result, 0, 1), Span(1, 64));
  EXPECT_EQ(span_of(result, 1, 1), Span(17, 80));
  EXPECT_EQ(result.cycles, 80);
  EXPECT_EQ(result.workload, "a + b");
  EXPECT_EQ(result.layers[1].name, "b: command 1");
  ASSERT_EQ(result.streams.size(), 2U);
  EXPECT_EQ(result.streams[0].cycles, 64);
  EXPECT_EQ(result.streams[1].cycles, 80);
  EXPECT_EQ(result.streams[1].start, 1'000'000);
  EXPECT_EQ(result.streams[1].macs_useful, 16 * 16 * 16);
  // The layers are charged in the order in which they ended: 64, then 80 - 64.
  EXPECT_EQ(result.layers[0].cycles, 64);
  EXPECT_EQ(result.layers[1].cycles, 16);
}

// Three commands against two on one unit, 20 cycles each. The second stream's arrive in cycles 2
// and 3, behind a load in cycle 1.
std::vector<SmallStream> contenders() {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
  for (int i = 0; i < 3; ++i) {
    streams[0].add(kVector, copy_of(16, 16));
  }
  streams[1].add(kLoad, load(64));
  for (int i = 0; i < 2; ++i) {
    streams[1].add(kVector, copy_of(16, 16));
  }
  return streams;
}

void expect_starts(const std::string& arbitration, const std::vector<std::int64_t>& first,
                   const std::vector<std::int64_t>& second) {
  const metrics::RunResult result = run_streams(
      small_platform({"platform.engines.vector.arbitration=" + arbitration}), contenders());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(span_of(result, 0, i + 1), Span(first[i], first[i] + 20)) << arbitration << i;
  }
  for (std::size_t i = 0; i < second.size(); ++i) {
    EXPECT_EQ(span_of(result, 1, i + 2), Span(second[i], second[i] + 20)) << arbitration << i;
  }
}

TEST(Arbitration, OldestFirstGoesByArrivalThenByStream) {
  // a1 arrives at 1. At 21: a2 and b1 arrived at 2: the first stream. At 41: b1 (2) before a3 (3).
  // At 61: a3 and b2 arrived at 3.
  expect_starts("oldest_first", {1, 21, 61}, {41, 81});
}

TEST(Arbitration, RoundRobinServesTheStreamsInTurn) {
  expect_starts("round_robin", {1, 41, 81}, {21, 61});
}

TEST(Arbitration, PriorityServesTheFirstStreamWhileItHasWork) {
  expect_starts("priority", {1, 21, 41}, {61, 81});
}

TEST(Arbitration, PassesOverAHeadThatWaits) {
  // The first stream's vector command waits for a load that answers late: 1 + 5 + 10,000 + 1000 + 5
  // ns for a block of the device. The second's goes first though it arrived later.
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
  for (SmallStream& stream : streams) {
    stream.header().tiers = {"memory", "flash"};
  }
  const auto slow = streams[0].add(kLoad, load(4096, 1));
  streams[0].add(kVector, copy_of(16, 16), {{kLoad, slow}});
  streams[1].add(kStore, load(64));
  streams[1].add(kStore, load(64));
  streams[1].add(kVector, copy_of(16, 16));
  const metrics::RunResult result = run_streams(
      small_platform({"platform.engines.vector.arbitration=priority"}, "small_storage.yaml"),
      streams);
  EXPECT_EQ(span_of(result, 1, 3), Span(3, 23));
  EXPECT_EQ(span_of(result, 0, 2), Span(11'011, 11'031));
  // Stalled from cycle 2 to 3 and from 23 to 11,011, each time for the first stream's load.
  EXPECT_EQ(result.engines[kVector].cycles.stalled, 1 + 10'988);
  ASSERT_EQ(result.engines[kVector].stall_causes.size(), 1U);
  EXPECT_EQ(result.engines[kVector].stall_causes[0].first, "waits for dma");
}

TEST(Streams, CompleteInOrderEachForItself) {
  // The first stream's move from the device is under way for 11 us; a second one behind it in the
  // same engine answers at once, and is done at once only where it is another stream's.
  const auto platform = small_platform({}, "small_storage.yaml");
  for (const bool same : {false, true}) {
    std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
    for (SmallStream& stream : streams) {
      stream.header().tiers = {"memory", "flash"};
    }
    streams[0].add(kLoad, load(4096, 1));
    streams[same ? 0 : 1].add(kLoad, load(64));
    const metrics::RunResult result = run_streams(platform, streams);
    EXPECT_EQ(span_of(result, 0, 1), Span(1, 11'011));
    // Answered 1 fs after the cycle in which it was sent: 1, or 2 behind the first one.
    EXPECT_EQ(span_of(result, same ? 0 : 1, same ? 2 : 1), same ? Span(2, 11'011) : Span(1, 2));
  }
}

TEST(Rendezvous, LetsTheStreamsPassInTheCycleInWhichTheLastIsDone) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
  streams[0].add(kVector, copy_of(16, 16));  // arrives at 1, done at 21
  streams[0].add(kVector, Rendezvous{5});
  streams[0].add(kVector, copy_of(16, 16));
  streams[1].add(kLoad, Rendezvous{5});
  streams[1].add(kLoad, load(64));
  const metrics::RunResult result = run_streams(small_platform(), streams);
  // Sent at 21, so they arrive at 22 and not at 21.
  EXPECT_EQ(span_of(result, 0, 3), Span(22, 42));
  EXPECT_EQ(span_of(result, 1, 2).first, 22);
  EXPECT_EQ(result.streams[0].rendezvous_wait, 0);
  EXPECT_EQ(result.streams[1].rendezvous_wait, 21'000'000);
}

TEST(Rendezvous, JoinsOnlyThoseThatDeclareIt) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1), SmallStream("c", 2)};
  streams[0].add(kVector, copy_of(16, 16));
  streams[0].add(kVector, Rendezvous{1});
  streams[1].add(kArray, tile(16, 16, 16));  // done at 64
  streams[1].add(kArray, Rendezvous{2});
  streams[2].add(kLoad, Rendezvous{1});
  streams[2].add(kLoad, load(64));
  streams[2].add(kLoad, Rendezvous{2});
  streams[2].add(kLoad, load(64));
  const metrics::RunResult result = run_streams(small_platform(), streams);
  EXPECT_EQ(span_of(result, 2, 2).first, 22);
  EXPECT_EQ(span_of(result, 2, 4).first, 65);
  // From 0 to 21, and from 23, when its own load is done, to 64.
  EXPECT_EQ(result.streams[2].rendezvous_wait, (21 + 41) * 1'000'000LL);
}

TEST(Rendezvous, OfAStreamAloneIsABarrier) {
  const auto latency = [](decltype(command::Command::body) between) {
    SmallStream stream("a");
    stream.add(kVector, copy_of(16, 16));
    stream.add(kVector, std::move(between));
    stream.add(kArray, tile(16, 16, 16));
    return run_streams(small_platform(), {stream}).cycles;
  };
  // 1 + 20, then 1 + 63.
  EXPECT_EQ(latency(Rendezvous{1}), 85);
  EXPECT_EQ(latency(command::Barrier{}), 85);
}

TEST(Rendezvous, ThatAStreamNeverReachesIsNamed) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
  streams[0].add(kVector, Rendezvous{5});
  streams[1].add(kLoad, load(64));
  streams[1].header().rendezvous = {5};
  try {
    (void)run_streams(small_platform(), streams);
    FAIL();
  } catch (const base::InternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("stream 1 waits at rendezvous 5 for stream 2, which has "
                                        "ended"));
  }
}

std::string complaint(const std::vector<SmallStream>& streams) {
  std::vector<command::StreamHeader> headers;
  for (SmallStream stream : streams) {
    headers.push_back(stream.header());
  }
  try {
    check_streams(headers);
  } catch (const base::UserError& error) {
    return error.what();
  }
  return "";
}

TEST(StreamSet, KeepsToPartsThatDoNotOverlap) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1)};
  EXPECT_EQ(complaint(streams), "");
  // Up to the first byte of the other, and one beyond.
  streams[0].header().uses[0].end = 4096;
  EXPECT_EQ(complaint(streams), "");
  streams[0].header().uses[0].end = 4097;
  EXPECT_THAT(complaint(streams),
              HasSubstr("stream b: uses: bytes 4096 to 8192 of the scratchpad overlap those of "
                        "stream a; expected none of bytes 0 to 4097"));
  // The same bytes of the accumulators of different arrays, and of a tier that both read.
  streams[0].header().uses = {{{command::SpaceKind::kAccumulator, 0}, 0, 64},
                              {{command::SpaceKind::kTier, 0}, 0, 64}};
  streams[1].header().uses = {{{command::SpaceKind::kAccumulator, 1}, 0, 64},
                              {{command::SpaceKind::kTier, 0}, 0, 64}};
  EXPECT_EQ(complaint(streams), "");
  streams[1].header().uses[0].space.index = 0;
  EXPECT_THAT(complaint(streams), HasSubstr("of the accumulators of array overlap"));
}

TEST(StreamSet, SaysWhatItUsesWhereThereAreSeveral) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("a", 1)};
  streams[1].header().uses.clear();
  EXPECT_THAT(complaint(streams), HasSubstr("stream a (2): uses: does not say what it uses"));
  EXPECT_EQ(complaint({streams[1]}), "");
}

TEST(StreamSet, MeetsNowhereAlone) {
  std::vector<SmallStream> streams{SmallStream("a", 0), SmallStream("b", 1), SmallStream("c", 2)};
  streams[0].header().rendezvous = {1, 2};
  streams[1].header().rendezvous = {1};
  EXPECT_THAT(complaint(streams), HasSubstr("stream a: rendezvous: no other stream takes part in "
                                            "rendezvous 2; expected at least two"));
  streams[2].header().rendezvous = {2};
  EXPECT_EQ(complaint(streams), "");
}

}  // namespace
}  // namespace orrery::platform
