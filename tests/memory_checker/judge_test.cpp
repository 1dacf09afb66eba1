// SPDX-License-Identifier: Apache-2.0
// Lost time and precedence on logs written out by hand, DDR4-2400 unless said otherwise:
// nRCDRD = nRCDWR = nRP = 17, nRAS = 39, nRTP = 9, nCCD_L = 6, nCCD_S = 4, nRRD_S = 4, nRRD_L = 6,
// nW2P = 34, nCKE = 6, nXP = 8, nRFC = 420, nREFI = 9360. Banks 0 to 3 are one group.
#include <gtest/gtest.h>

#include "memory/checker/refresh_deadline.h"
#include "tests/memory_checker/log_case.h"
#include "tests/memory_checker/standards.h"

namespace orrery::memory::checker::test {
namespace {

using dram::ControllerConfig;

std::string judged(const std::string& lines, const ControllerConfig& config = {}, Cycle end = 0,
                   const std::string& standard = "ddr4_2400") {
  return brief(LogCase(dram::Spec::from(describe(standard)), config).check(lines, end));
}

// A read of bank 0, row 5 that opens its row in cycle 10; its RD can come in 10 + 17 = 27.
const std::string kOneRead = "10 0 arrive 0 R 0 5 3\n10 0 command ACT 0 5 - 0\n";
const std::string kServed = kOneRead + "27 0 command RD 0 5 3 0\n";

TEST(LostTime, IsACycleInWhichARequestHadAnAllowedCommandAndNothingIssued) {
  EXPECT_EQ(judged(kServed), "");
  EXPECT_EQ(judged(kOneRead + "28 0 command RD 0 5 3 0\n"), "lost_time 27");
  EXPECT_EQ(judged("10 0 arrive 0 R 0 5 3\n11 0 command ACT 0 5 - 0\n"), "lost_time 10");
  // The log ends before or after the cycle.
  EXPECT_EQ(judged(kOneRead, {}, 27), "");
  EXPECT_EQ(judged(kOneRead, {}, 28), "lost_time 27");
  // A gap is reported once, however long it is.
  EXPECT_EQ(judged(kOneRead, {}, 5000), "lost_time 27");
}

TEST(LostTime, IsCountedOnEachCommandBus) {
  // HBM2: nRCDRD = 14 counts from the second of the two cycles of ACT. In 10 + 1 + 14 = 25 the
  // column bus can read bank 0 and the row bus can open bank 16, whose request arrives then.
  const std::string lines =
      "10 0 arrive 0 R 0 5 3\n10 0 command ACT 0 5 - 0\n25 0 arrive 1 R 16 5 3\n";
  const std::string column = "25 0 command RD 0 5 3 0\n";
  const std::string row = "25 0 command ACT 16 5 - 1\n";
  EXPECT_EQ(judged(lines + column + row, {}, 0, "hbm2_2000"), "");
  EXPECT_EQ(judged(lines + row, {}, 26, "hbm2_2000"), "lost_time 25");
  EXPECT_EQ(judged(lines + column, {}, 26, "hbm2_2000"), "lost_time 25");
}

TEST(Precedence, OfColumnCommandsGoesByAge) {
  const std::string two = "11 0 arrive 1 R 0 5 4\n";
  // nCCD_L = 6: 27 + 6 = 33.
  EXPECT_EQ(judged(kOneRead + two + "27 0 command RD 0 5 3 0\n33 0 command RD 0 5 4 1\n"), "");
  EXPECT_EQ(judged(kOneRead + two + "27 0 command RD 0 5 4 1\n33 0 command RD 0 5 3 0\n"),
            "wrong_order 27");
}

TEST(Precedence, PutsColumnCommandsBeforeRows) {
  // In 27 RD of bank 0 and, for a request that arrives then, ACT of bank 4 are allowed.
  const std::string two = kOneRead + "27 0 arrive 1 R 4 5 3\n";
  EXPECT_EQ(judged(two + "27 0 command RD 0 5 3 0\n28 0 command ACT 4 5 - 1\n"), "");
  EXPECT_EQ(judged(two + "27 0 command ACT 4 5 - 1\n28 0 command RD 0 5 3 0\n"), "wrong_order 27");
}

TEST(Precedence, ForbidsWhatNothingAsksFor) {
  // The row is hit: no precharge. 10 + nRAS = 49.
  const std::string hits = kServed + "33 0 arrive 1 R 0 5 4\n33 0 command RD 0 5 4 1\n";
  EXPECT_EQ(judged(hits), "");
  EXPECT_EQ(judged(hits + "60 0 command PRE 0 - - -\n"), "wrong_order 60");
  EXPECT_EQ(judged(kServed + "60 0 command ACT 4 9 - -\n"), "request 60, wrong_order 60");
}

TEST(ARequest, IsServedOnceAndAsItArrived) {
  const auto served_as = [](const std::string& command) {
    return judged(kOneRead + "27 0 command " + command + "\n");
  };
  EXPECT_EQ(served_as("RD 0 5 3 0"), "");
  EXPECT_EQ(served_as("RD 0 5 4 0"), "request 27, wrong_order 27");
  EXPECT_EQ(served_as("RD 0 5 3 1"), "request 27, wrong_order 27");
  EXPECT_EQ(served_as("RD 0 5 3 -"), "request 27, wrong_order 27");
  EXPECT_EQ(served_as("WR 0 5 3 0"), "request 27, wrong_order 27");
  // Twice; 27 + nCCD_L = 33.
  EXPECT_EQ(judged(kServed + "33 0 command RD 0 5 3 0\n"), "request 33, wrong_order 33");
  // Never: the judge waits for it.
  EXPECT_EQ(judged(kOneRead, {}, 100), "lost_time 27");
}

TEST(ABurst, ArrivesInTheOrderOfItsNumberAndWithAFreePlace) {
  EXPECT_EQ(judged("10 0 arrive 1 R 0 5 3\n10 0 command ACT 0 5 - 1\n"), "request 10");
  ControllerConfig config;
  config.buffer_size = 2;
  config.write_high = 2;
  config.write_low = 0;
  const std::string full = kOneRead + "11 0 arrive 1 R 0 5 4\n";
  EXPECT_EQ(judged(full + "12 0 arrive 2 R 0 5 5\n", config), "request 12");
  // The entry is freed in 27 and counts as free from 28 on.
  const std::string served = full + "27 0 arrive 2 R 0 5 5\n27 0 command RD 0 5 3 0\n";
  EXPECT_EQ(judged(served, config), "request 27");
  EXPECT_EQ(judged(full + "27 0 command RD 0 5 3 0\n28 0 arrive 2 R 0 5 5\n", config), "");
  // Two in one cycle.
  EXPECT_EQ(judged("10 0 arrive 0 R 0 5 3\n10 0 arrive 1 R 0 5 4\n10 0 command ACT 0 5 - 0\n"),
            "log_order 10");
}

TEST(ARead, IsForwardedExactlyWhenItsBurstIsInAQueuedWrite) {
  const std::string write =
      "10 0 arrive 0 W 0 5 3\n10 0 direction write\n10 0 command ACT 0 5 - 0\n";
  EXPECT_EQ(judged(write + "12 0 forward 1 0 5 3\n"), "");
  EXPECT_EQ(judged(write + "12 0 forward 1 0 5 4\n"), "request 12");
  EXPECT_EQ(judged(write + "12 0 arrive 1 R 0 5 3\n12 0 direction read\n"), "request 12");
}

TEST(TheDirection, FollowsFromTheCounts) {
  const std::string arrival = "10 0 arrive 0 W 0 5 3\n";
  const std::string commands = "10 0 command ACT 0 5 - 0\n27 0 command WR 0 5 3 0\n";
  // A write without reads turns the channel, and the write that leaves in 27 turns it back in 28.
  EXPECT_EQ(judged(arrival + "10 0 direction write\n" + commands + "28 0 direction read\n", {}, 40),
            "");
  EXPECT_EQ(judged(arrival + commands + "28 0 direction read\n", {}, 40), "policy 10");
  EXPECT_EQ(judged(arrival + "10 0 direction write\n" + commands, {}, 40), "policy 28");
  EXPECT_EQ(judged(arrival + "10 0 direction write\n" + commands + "29 0 direction read\n", {}, 40),
            "policy 28");
  // With one shared list both directions compete and none is announced.
  ControllerConfig shared;
  shared.buffer = dram::BufferKind::kShared;
  EXPECT_EQ(judged(arrival + commands, shared, 40), "");
}

TEST(TheScheduler, TakesTheOldestRequestOfABankOnlyUnderFifo) {
  // Row 6 waits before a hit of row 5. After RD in 27: the hit in 27 + 6 = 33, or with fifo PRE in
  // max(27 + 9, 10 + 39) = 49.
  const std::string two = kOneRead +
                          "11 0 arrive 1 R 0 6 0\n12 0 arrive 2 R 0 5 4\n"
                          "27 0 command RD 0 5 3 0\n";
  ControllerConfig fifo;
  fifo.scheduler = dram::SchedulerKind::kFifo;
  const std::string hit = two + "33 0 command RD 0 5 4 2\n";
  const std::string conflict = two + "49 0 command PRE 0 - - 1\n";
  EXPECT_EQ(judged(hit), "");
  EXPECT_EQ(judged(hit, fifo), "wrong_order 33");
  EXPECT_EQ(judged(conflict, fifo), "");
  EXPECT_EQ(judged(conflict), "lost_time 33, wrong_order 49");
}

TEST(TheHitCap, EndsTheOvertaking) {
  // As above with two hits; one may overtake.
  const std::string three = kOneRead +
                            "11 0 arrive 1 R 0 6 0\n12 0 arrive 2 R 0 5 4\n13 0 arrive 3 R 0 5 5\n"
                            "27 0 command RD 0 5 3 0\n33 0 command RD 0 5 4 2\n";
  const std::string again = three + "39 0 command RD 0 5 5 3\n";
  const std::string capped = three + "49 0 command PRE 0 - - 1\n";
  ControllerConfig cap;
  cap.hit_cap = 1;
  EXPECT_EQ(judged(capped, cap), "");
  EXPECT_EQ(judged(again, cap), "wrong_order 39");
  cap.hit_cap = 2;
  EXPECT_EQ(judged(again, cap), "");
  EXPECT_EQ(judged(capped, cap), "lost_time 39, wrong_order 49");
}

struct PageCase {
  dram::PagePolicyKind policy;
  std::string alone;     // the column command when nothing else waits
  std::string hit;       // when another request hits the row
  std::string conflict;  // when another request wants another row
};

TEST(ThePagePolicy, DecidesWhichColumnCommandsCloseTheirRow) {
  const PageCase cases[] = {{dram::PagePolicyKind::kOpen, "RD", "RD", "RD"},
                            {dram::PagePolicyKind::kOpenAdaptive, "RD", "RD", "RDA"},
                            {dram::PagePolicyKind::kClosed, "RDA", "RDA", "RDA"},
                            {dram::PagePolicyKind::kClosedAdaptive, "RDA", "RD", "RDA"},
                            {dram::PagePolicyKind::kTimeout, "RD", "RD", "RD"}};
  for (const PageCase& page : cases) {
    ControllerConfig config;
    config.page_policy = page.policy;
    const auto expect = [&](const std::string& right, const std::string& others) {
      const std::string wrong = right == "RD" ? "RDA" : "RD";
      const std::string lines = kOneRead + others + "27 0 command ";
      EXPECT_EQ(judged(lines + right + " 0 5 3 0\n", config), "");
      EXPECT_EQ(judged(lines + wrong + " 0 5 3 0\n", config), "wrong_order 27");
    };
    expect(page.alone, "");
    expect(page.hit, "11 0 arrive 1 R 0 5 4\n");
    expect(page.conflict, "11 0 arrive 1 R 0 6 4\n");
  }
}

TEST(ThePagePolicy, ClosesAnIdleRowAfterItsTimeout) {
  ControllerConfig config;
  config.page_policy = dram::PagePolicyKind::kTimeout;
  config.page_timeout = 50;
  // The last use is RD in 27.
  EXPECT_EQ(judged(kServed + "77 0 command PRE 0 - - -\n", config), "");
  EXPECT_EQ(judged(kServed + "76 0 command PRE 0 - - -\n", config), "wrong_order 76");
  EXPECT_EQ(judged(kServed + "78 0 command PRE 0 - - -\n", config), "lost_time 77");
}

TEST(ARefresh, IsIssuedInItsCycle) {
  EXPECT_EQ(judged("9360 0 blocked 0xffff\n9360 0 command REF 0 - - -\n9361 0 blocked 0x0\n"), "");
  EXPECT_EQ(judged("9360 0 blocked 0xffff\n9361 0 command REF 0 - - -\n9362 0 blocked 0x0\n"),
            "lost_time 9360");
  EXPECT_EQ(judged("9360 0 command REF 0 - - -\n"), "policy 9360");
  // Ahead of its time.
  EXPECT_EQ(judged("9359 0 command REF 0 - - -\n"), "refresh 9359, wrong_order 9359");
  const std::string nothing = "0 0 blocked 0x0\n";
  ControllerConfig none;
  none.refresh_policy = dram::RefreshPolicyKind::kNone;
  EXPECT_EQ(judged(nothing, none, 100000), "");
}

TEST(ARefresh, MayBePostponedOrPulledIn) {
  // One may be owed: with a request waiting it is, without one it is done when it falls due.
  const std::string nothing = "0 0 blocked 0x0\n";
  ControllerConfig postponed;
  postponed.refresh_max_postponed = 1;
  EXPECT_EQ(judged("9360 0 command REF 0 - - -\n", postponed), "");
  EXPECT_EQ(judged(nothing, postponed, 9361), "lost_time 9360");
  const std::string row = "9360 0 arrive 0 R 0 5 3\n9360 0 command ACT 0 5 - 0\n";
  EXPECT_EQ(judged(row, postponed, 9377), "");
  // One ahead: in the first cycle; the next in 9360, when it falls due.
  ControllerConfig ahead;
  ahead.refresh_max_pulled_in = 1;
  EXPECT_EQ(judged("0 0 command REF 0 - - -\n9360 0 command REF 0 - - -\n", ahead, 18720), "");
  // The second one ahead; nRFC = 420 after the first it breaks nothing else.
  EXPECT_EQ(judged("0 0 command REF 0 - - -\n420 0 command REF 0 - - -\n", ahead),
            "refresh 420, wrong_order 420");
}

TEST(ARefresh, ClosesTheBanksFirstAndLetsNoRequestIn) {
  // A row that is open when the refresh must be done: PREA in 9360, REF nRP = 17 later.
  const std::string open =
      "9300 0 arrive 0 R 0 5 3\n9300 0 command ACT 0 5 - 0\n"
      "9317 0 command RD 0 5 3 0\n";
  const std::string blocked = open + "9360 0 arrive 1 R 0 5 4\n9360 0 blocked 0xffff\n";
  EXPECT_EQ(judged(blocked + "9360 0 command PREA 0 - - -\n9377 0 command REF 0 - - -\n"), "");
  EXPECT_EQ(judged(blocked + "9360 0 command RD 0 5 4 1\n"), "refresh 9360, wrong_order 9360");
}

TEST(ARefresh, HasADeadlineThatDoesNotDependOnTheJudge) {
  const dram::Spec spec = dram::Spec::from(describe("ddr4_2400"));
  // PREA waits at most for REF, nRFC = 420, and REF at most for SREFEX, nXS = 432. Two steps of one
  // rank, commands of one cycle: (1 + 1) * 2 * 1 = 4.
  const RefreshDeadline deadline(spec, {});
  EXPECT_EQ(deadline.bound(), 420 + 432 + 4);
  // Due in 9360: in 9360 + 856 = 10216 it is not late yet, in 10217 it is.
  EXPECT_EQ(judged("9360 0 blocked 0xffff\n10216 0 blocked 0xffff\n"), "lost_time 9360");
  EXPECT_EQ(judged("9360 0 blocked 0xffff\n10217 0 blocked 0xffff\n"),
            "lost_time 9360, refresh 10217");
}

TEST(ARefreshOfBanks, TakesTurns) {
  // HBM2: a set is one bank; the first of both pseudo-channels fall due together.
  ControllerConfig config;
  config.refresh_policy = dram::RefreshPolicyKind::kPerBank;
  const dram::Spec spec = dram::Spec::from(describe("hbm2_2000"));
  const Cycle due = spec.bank_refresh_interval / spec.refresh_sets();
  const std::string at = std::to_string(due) + " 0 ";
  const std::string after = std::to_string(due + 1) + " 0 ";
  const std::string blocked = at + "blocked 0x10001\n";
  const LogCase log(spec, config);
  EXPECT_EQ(brief(log.check(blocked + at + "command REFpb 0 - - -\n" + after + "blocked 0x10000\n" +
                            after + "command REFpb 16 - - -\n")),
            "");
  EXPECT_EQ(brief(log.check(blocked + at + "command REFpb 1 - - -\n")),
            "refresh " + std::to_string(due) + ", wrong_order " + std::to_string(due));
}

TEST(AnIdleRank, IsPoweredDown) {
  ControllerConfig config;
  config.power_down = dram::PowerDownKind::kPowerDown;
  config.power_down_idle = 60;
  // Idle since RD in 27: PDE in 87. A request in 200 takes it out, and its RD comes nXP = 8 later.
  const std::string exit =
      "200 0 arrive 1 R 0 5 4\n200 0 command PDX 0 - - -\n208 0 command RD 0 5 4 1\n";
  EXPECT_EQ(judged(kServed + "87 0 command PDE 0 - - -\n" + exit, config), "");
  EXPECT_EQ(judged(kServed + "86 0 command PDE 0 - - -\n" + exit, config), "wrong_order 86");
  EXPECT_EQ(judged(kServed + "88 0 command PDE 0 - - -\n" + exit, config), "lost_time 87");
  config.power_down = dram::PowerDownKind::kSelfRefresh;
  // Self-refresh closes the rows first, nRP = 17 before it.
  EXPECT_EQ(judged(kServed + "87 0 command PREA 0 - - -\n104 0 command SREFEN 0 - - -\n", config),
            "");
  // Asleep it owes nothing: no refresh of 9360.
  EXPECT_EQ(
      judged(kServed + "87 0 command PREA 0 - - -\n104 0 command SREFEN 0 - - -\n", config, 20000),
      "");
}

}  // namespace
}  // namespace orrery::memory::checker::test
