// SPDX-License-Identifier: Apache-2.0
// The clocked reference against hand-made sequences: who enters, what takes a place, and when an
// answer is given. DDR4-2400 as in clocked_pages_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/memory/reference/bench.h"
#include "tests/memory/reference/variant_specs.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

using testing::ElementsAre;

ControllerConfig with_arbiter(ArbiterKind arbiter) {
  ControllerConfig config;
  config.arbiter = arbiter;
  return config;
}

TEST(ClockedArbiter, RoundRobinTakesTheInitiatorsInTurn) {
  Bench bench = ddr4_bench(with_arbiter(ArbiterKind::kRoundRobin));
  for (const std::uint32_t initiator : {0U, 1U, 2U}) {
    const auto bank = static_cast<int>(initiator);
    bench.submit({{bank, 0, 0, 0, false, initiator}, {bank, 0, 1}});
  }
  bench.run(6);
  EXPECT_THAT(bench.lines("arrive"),
              ElementsAre("0 arrive 0 R 0 0 0", "1 arrive 1 R 1 0 0", "2 arrive 2 R 2 0 0",
                          "3 arrive 3 R 0 0 1", "4 arrive 4 R 1 0 1", "5 arrive 5 R 2 0 1"));
}

TEST(ClockedArbiter, ArrivalOrderTakesTheEarliestSliceWhole) {
  Bench bench = ddr4_bench(with_arbiter(ArbiterKind::kArrivalOrder));
  bench.submit({{0, 0, 0, 1, false, 0}, {0, 0, 1}});
  bench.submit({{1, 0, 0, 0, false, 1}, {1, 0, 1}});
  bench.submit({{2, 0, 0, 1, false, 2}, {2, 0, 1}});
  bench.run(6);
  // Initiator 1 came first; of the two at cycle 1 the lower one goes.
  EXPECT_THAT(bench.lines("arrive"),
              ElementsAre("0 arrive 0 R 1 0 0", "1 arrive 1 R 1 0 1", "2 arrive 2 R 0 0 0",
                          "3 arrive 3 R 0 0 1", "4 arrive 4 R 2 0 0", "5 arrive 5 R 2 0 1"));
}

TEST(ClockedArbiter, ArrivalOrderLetsNobodyPassTheFirst) {
  const auto entered = [](ArbiterKind arbiter) {
    ControllerConfig config = with_arbiter(arbiter);
    config.buffer_size = 1;
    config.write_high = 1;
    config.write_low = 0;
    Bench bench = ddr4_bench(config);
    bench.submit({{0, 0, 0, 0, false, 0}, {0, 0, 1}});
    bench.submit({4, 0, 0, 1, true, 1});
    bench.run(60);
    return bench.lines("arrive");
  };
  // The write has a place of its own. The first read's column command comes at 17 (in arrival
  // order: nothing else is there), its place is free in the next cycle.
  EXPECT_EQ(entered(ArbiterKind::kRoundRobin)[1], "1 arrive 1 W 4 0 0");
  EXPECT_THAT(entered(ArbiterKind::kArrivalOrder),
              ElementsAre("0 arrive 0 R 0 0 0", "18 arrive 1 R 0 0 1", "19 arrive 2 W 4 0 0"));
}

TEST(ClockedArbiter, ReadyFirstPrefersAnOpenRow) {
  const auto second = [](ArbiterKind arbiter) {
    Bench bench = ddr4_bench(with_arbiter(arbiter));
    bench.submit({0, 0, 0, 0, false, 0});
    // At cycle 30 row 0 of bank 0 is open; whose turn it is comes first otherwise.
    bench.submit({1, 0, 0, 30, false, 1});
    bench.submit({0, 0, 1, 30, false, 2});
    bench.run(32);
    return bench.lines("arrive");
  };
  EXPECT_THAT(second(ArbiterKind::kRoundRobin),
              ElementsAre("0 arrive 0 R 0 0 0", "30 arrive 1 R 1 0 0", "31 arrive 2 R 0 0 1"));
  EXPECT_THAT(second(ArbiterKind::kReadyFirst),
              ElementsAre("0 arrive 0 R 0 0 0", "30 arrive 1 R 0 0 1", "31 arrive 2 R 1 0 0"));
}

TEST(ClockedBuffer, GivesPlacesByDirectionByBankOrToAll) {
  const auto entered = [](BufferKind kind, std::int64_t places) {
    ControllerConfig config;
    config.buffer = kind;
    config.buffer_size = places;
    config.write_high = 1;
    config.write_low = 0;
    Bench bench = ddr4_bench(config);
    bench.submit({{0, 0, 0, 0, false, 0}, {0, 0, 1}});
    bench.submit({4, 0, 0, 0, false, 1});
    bench.run(30);
    return bench.lines("arrive");
  };
  // Bank 0 is read at 17, so that its place, or the one place, counts as free at 18. Bank 4 is
  // opened RRD_S = 4 after bank 0 where it may enter beside it.
  EXPECT_THAT(entered(BufferKind::kBankwise, 1),
              ElementsAre("0 arrive 0 R 0 0 0", "1 arrive 1 R 4 0 0", "18 arrive 2 R 0 0 1"));
  EXPECT_THAT(entered(BufferKind::kShared, 2),
              ElementsAre("0 arrive 0 R 0 0 0", "1 arrive 1 R 4 0 0", "18 arrive 2 R 0 0 1"));
  EXPECT_THAT(entered(BufferKind::kShared, 1),
              ElementsAre("0 arrive 0 R 0 0 0", "18 arrive 1 R 4 0 0"));
  EXPECT_THAT(entered(BufferKind::kReadWrite, 1),
              ElementsAre("0 arrive 0 R 0 0 0", "18 arrive 1 R 4 0 0"));
}

TEST(ClockedBuffer, AnswersAReadFromItsWriteOnlyWithAFreePlace) {
  const auto read = [](BufferKind kind) {
    ControllerConfig config;
    config.buffer = kind;
    config.buffer_size = 1;
    config.write_high = 1;
    config.write_low = 0;
    Bench bench = ddr4_bench(config);
    bench.submit({0, 0, 0, 0, true, 0});
    bench.submit({0, 0, 0, 1, false, 1});
    bench.run(100);
    return bench.done(1);
  };
  // The reads' place is free: done a cycle after arrival. The one place is taken until the WR at
  // 17: arrival at 18, RD W2R_L = 25 after the WR, then CL + BL = 21.
  EXPECT_EQ(read(BufferKind::kReadWrite), 2);
  EXPECT_EQ(read(BufferKind::kShared), 17 + 25 + 21);
}

TEST(ClockedAnswers, OfAFifoWaitForThoseOfOlderReads) {
  for (const bool fifo : {false, true}) {
    ChannelConfig config;
    config.controller.response_queue =
        fifo ? ResponseQueueKind::kFifo : ResponseQueueKind::kReorder;
    config.controller.refresh_policy = RefreshPolicyKind::kNone;
    config.credits = 3;
    config.round_trip = 5;
    Bench bench(with_all_commands(test::describe("ddr4_2400")), config);
    bench.submit({0, 0, 0});
    bench.submit({0, 1, 0});
    bench.submit({0, 0, 1});
    bench.submit({8, 0, 0});
    bench.submit({8, 0, 1});
    bench.run(400);
    // RDs at 17, 23 (row 0) and, after PRE 39 and ACT 56, 73; data end CL + BL = 21 later.
    EXPECT_EQ(bench.done(0), 38);
    EXPECT_EQ(bench.done(1), 94);
    EXPECT_EQ(bench.done(2), fifo ? 94 : 44);
    // Credits count again 5 later: the fourth enters with that of the first, the fifth with that
    // of the third, or of the second where both are done at once.
    EXPECT_EQ(bench.lines("arrive 3")[0], "43 arrive 3 R 8 0 0");
    EXPECT_EQ(bench.lines("arrive 4")[0], fifo ? "99 arrive 4 R 8 0 1" : "49 arrive 4 R 8 0 1");
    // Latency from arrival (0, 1, 2, ...): 38, 93, 92 or 42; the fourth opens its bank at 43.
    const Cycle fourth = fifo ? 94 - 43 : 38;
    const Cycle first_three = 38 + 93 + (fifo ? 92 : 42);
    const Cycle fifth = bench.done(4) - (fifo ? 99 : 49);
    EXPECT_EQ(bench.done(3), 43 + fourth);
    EXPECT_EQ(bench.statistics().total.read_latency_sum,
              static_cast<std::uint64_t>(first_three + fourth + fifth));
  }
}

TEST(ClockedAnswers, OfAForwardedReadWaitInAFifoToo) {
  ControllerConfig controller;
  controller.response_queue = ResponseQueueKind::kFifo;
  Bench bench = ddr4_bench(controller);
  bench.submit({0, 0, 0, 0, false, 0});
  bench.submit({0, 0, 1, 1, true, 1});
  bench.submit({0, 0, 1, 2, false, 1});
  bench.run(100);
  EXPECT_THAT(bench.lines("forward"), ElementsAre("2 forward 2 0 0 1"));
  // The read before it ends at 38.
  EXPECT_EQ(bench.done(2), 38);
}

}  // namespace
}  // namespace orrery::memory::dram::test
