// SPDX-License-Identifier: Apache-2.0
#include "base/interval_sums.h"

#include <algorithm>

#include "base/error.h"

namespace orrery::base {

void IntervalSums::add(Femtoseconds begin, Femtoseconds end, std::int64_t amount) {
  require_invariant(0 <= begin && begin <= end, "an amount comes from its begin to its end");
  reach(end);
  const auto first = static_cast<std::size_t>(begin / width_);
  const auto last = static_cast<std::size_t>(end / width_);
  if (sums_.size() <= last) {
    sums_.resize(last + 1, 0);
  }
  std::int64_t before = 0;
  for (std::size_t i = first; i < last; ++i) {
    const Femtoseconds time = static_cast<Femtoseconds>(i + 1) * width_ - begin;
    const auto come =
        static_cast<std::int64_t>(static_cast<__int128>(amount) * time / (end - begin));
    sums_[i] += come - before;
    before = come;
  }
  sums_[last] += amount - before;
}

void IntervalSums::reach(Femtoseconds time) {
  while (time / width_ >= static_cast<Femtoseconds>(kIntervals)) {
    width_ *= 2;
    for (std::size_t i = 0; i < sums_.size(); i += 2) {
      sums_[i / 2] = sums_[i] + (i + 1 < sums_.size() ? sums_[i + 1] : 0);
    }
    sums_.resize((sums_.size() + 1) / 2);
  }
}

std::vector<std::int64_t> IntervalSums::sums(Femtoseconds width, std::size_t count) const {
  require_invariant(width % width_ == 0 && count > 0, "intervals hold whole smaller ones");
  const auto merged = static_cast<std::size_t>(width / width_);
  std::vector<std::int64_t> result(count, 0);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    result[std::min(i / merged, count - 1)] += sums_[i];
  }
  return result;
}

}  // namespace orrery::base
