// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "requests/request_lengths.h"

namespace orrery::requests {

// The share of lengths that are at most `length`, in thousandths.
struct LengthQuantile {
  std::int64_t per_mille = 0;
  std::int64_t length = 0;
};

// A distribution given by some of its quantiles, linear in between, rounded to whole tokens.
// Integer arithmetic: the same lengths on every machine.
class LengthQuantiles {
 public:
  // Ascending shares from 0 to 1000, lengths that do not descend; at least two points. A broken
  // rule is our mistake: files are checked where they are read.
  explicit LengthQuantiles(std::vector<LengthQuantile> points);

  // A draw is kParts equally likely positions.
  static constexpr std::int64_t kParts = 1'000'000'000;
  // The length at position [0, kParts).
  [[nodiscard]] std::int64_t at(std::int64_t position) const;
  [[nodiscard]] std::int64_t draw(base::Random& random) const {
    return at(random.integer(0, kParts - 1));
  }
  // Two thousand times the mean of the distribution before rounding: the sum over all pieces of
  // share * (first + last length).
  [[nodiscard]] std::int64_t mean_times_2000() const;

 private:
  std::vector<LengthQuantile> points_;
};

// Prompt and output of a request, drawn independently of each other.
struct LengthDistribution {
  LengthQuantiles prompt;
  LengthQuantiles output;

  [[nodiscard]] RequestLengths draw(base::Random& random) const {
    const std::int64_t tokens = prompt.draw(random);
    return {tokens, output.draw(random)};
  }
};

}  // namespace orrery::requests
