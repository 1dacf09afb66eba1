// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "memory/dram/channel.h"
#include "tests/memory/specs.h"

namespace orrery::memory::dram::test {
namespace {

struct NobodyListens : CompletionSink {
  void slice_done(std::uint64_t, std::uint32_t, Cycle) override {}
};

// DDR4-2400 in which a refresh keeps activates away for so many cycles, refreshed every 9,360.
Spec refresh_that_blocks(int cycles) {
  SpecDescription description = describe("ddr4_2400");
  ConstraintDescription constraint;
  constraint.scope = "rank";
  constraint.earlier = {"REF"};
  constraint.later = {"ACT"};
  constraint.delay = cycles;
  description.constraints.push_back(constraint);
  return Spec::from(description);
}

void read_once_after_a_refresh(const Spec& spec, Cycle until) {
  NobodyListens sink;
  Channel channel(spec, {}, sink);
  channel.advance(10000);
  Transfer transfer;
  transfer.row_bytes = 64;
  Slice slice;
  slice.cursor = SliceCursor(transfer, AddressMap(1, 64), 0, 64);
  channel.submit(slice, 10000);
  channel.advance(until);
  EXPECT_TRUE(channel.idle());
}

TEST(Progress, IsMadeWhereARefreshLeavesAFewCycles) {
  // Refreshes at 9,360 and 18,720; ACT at 9,360 + 9,300 = 18,660 comes before the second.
  read_once_after_a_refresh(refresh_that_blocks(9300), 19000);
}

TEST(Progress, ThatIsNotMadeIsAnErrorWithTheQueueAndTheConstraint) {
  // Every refresh comes before the last one allows an ACT. The checks of a file refuse that.
  EXPECT_THROW(static_cast<void>(refresh_that_blocks(9400)), base::UserError);
  Spec spec = refresh_that_blocks(9300);
  spec.constraints.back().delay = 9400;
  try {
    read_once_after_a_refresh(spec, 1LL << 40);
    FAIL() << "the channel goes on for ever";
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no request has been served"));
    EXPECT_THAT(error.what(), testing::HasSubstr("1 reads and 0 writes are queued"));
    EXPECT_THAT(error.what(), testing::HasSubstr("read 0 of bank 0, row 0, since cycle 10000: "
                                                 "needs ACT, which the table allows from cycle"));
    EXPECT_THAT(error.what(), testing::HasSubstr("rank: [REF] -> ACT: 9400 cycles (9300)"));
  }
}

}  // namespace
}  // namespace orrery::memory::dram::test
