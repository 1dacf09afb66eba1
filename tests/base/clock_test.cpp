// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace orrery::base {
namespace {

TEST(ClockDomain, EdgesOfAFractionalPeriodDoNotDrift) {
  // 5/6 ns = 833,333.33 fs. Edge 6,000,000 lies at 6e6 * 5/6 ns = 5 ms exactly; a period rounded to
  // 833,333 fs would be 2,000,000 fs early.
  const ClockDomain clock(Rational(5'000'000, 6));
  EXPECT_EQ(clock.edge(1), 833'333);
  EXPECT_EQ(clock.edge(2), 1'666'666);
  EXPECT_EQ(clock.edge(3), 2'500'000);
  EXPECT_EQ(clock.edge(6'000'000), 5'000'000'000'000);
}

TEST(ClockDomain, SeesAnEventAtTheFirstEdgeThatIsNotBeforeIt) {
  const ClockDomain clock(Rational(5'000'000, 6));  // edges 0, 833333, 1666666, 2500000
  EXPECT_EQ(clock.cycle_at_or_after(0), 0);
  EXPECT_EQ(clock.cycle_at_or_after(1), 1);
  EXPECT_EQ(clock.cycle_at_or_after(833'333), 1);  // on the edge: in that cycle
  EXPECT_EQ(clock.cycle_at_or_after(833'334), 2);  // just after: in the next
}

TEST(ClockDomain, CycleAtOrAfterInvertsEdgeForRandomPeriods) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const ClockDomain clock(Rational(random.integer(1, 10'000'000), random.integer(1, 97)) +
                            Rational(1));
    const Cycle k = random.integer(0, 1'000'000'000);
    const Femtoseconds edge = clock.edge(k);
    EXPECT_EQ(clock.cycle_at_or_after(edge), k);
    EXPECT_EQ(clock.cycle_at_or_after(edge + 1), k + 1);
  }
}

TEST(ClockDomain, DoublingEveryClockHalvesEveryEdgeToWithinAFemtosecond) {
  const ClockDomain slow = ClockDomain::from_hertz(Rational(940'000'000));
  const ClockDomain fast = ClockDomain::from_hertz(Rational(1'880'000'000));
  for (Cycle k = 0; k < 1'000; ++k) {
    EXPECT_EQ(fast.edge(2 * k), slow.edge(k));
  }
}

}  // namespace
}  // namespace orrery::base
