// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/rational.h"

namespace orrery::base {

// Simulated time in femtoseconds since the start of the run.
using Femtoseconds = std::int64_t;

// Cycles of some clock domain.
using Cycle = std::int64_t;

inline constexpr std::int64_t kFemtosecondsPerSecond = 1'000'000'000'000'000;

// A clock of an exact rational period. Edge k lies at floor(k * period) femtoseconds, so no error
// accumulates. Crossing rule: what happens at time t is seen by this domain at the first edge that
// is not before t; something that happens exactly on an edge is seen in that edge's decisions.
class ClockDomain {
 public:
  // period in femtoseconds, at least 1.
  explicit ClockDomain(const Rational& period) : period_(period) {}

  [[nodiscard]] static ClockDomain from_hertz(const Rational& frequency) {
    return ClockDomain(Rational(kFemtosecondsPerSecond) / frequency);
  }

  [[nodiscard]] const Rational& period() const { return period_; }

  [[nodiscard]] Femtoseconds edge(Cycle k) const {
    return static_cast<Femtoseconds>(static_cast<__int128>(k) * period_.numerator() /
                                     period_.denominator());
  }

  // The first cycle whose edge is not before t (t >= 0).
  // floor(k p) >= t with integer t is the same as k p >= t, so k = ceil(t / p).
  [[nodiscard]] Cycle cycle_at_or_after(Femtoseconds t) const {
    const __int128 scaled = static_cast<__int128>(t) * period_.denominator();
    return static_cast<Cycle>((scaled + period_.numerator() - 1) / period_.numerator());
  }

  // The number of whole cycles needed to cover a span of time.
  [[nodiscard]] Cycle cycles_covering(Femtoseconds span) const { return cycle_at_or_after(span); }

 private:
  Rational period_;
};

}  // namespace orrery::base
