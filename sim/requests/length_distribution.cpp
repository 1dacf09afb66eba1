// SPDX-License-Identifier: Apache-2.0
#include "requests/length_distribution.h"

#include <utility>

#include "base/error.h"

namespace orrery::requests {

LengthQuantiles::LengthQuantiles(std::vector<LengthQuantile> points) : points_(std::move(points)) {
  base::require_invariant(
      points_.size() >= 2 && points_.front().per_mille == 0 && points_.back().per_mille == 1000,
      "quantiles reach from 0 to 1000 thousandths");
  for (std::size_t i = 1; i < points_.size(); ++i) {
    base::require_invariant(points_[i - 1].per_mille < points_[i].per_mille &&
                                points_[i - 1].length <= points_[i].length,
                            "quantiles ascend");
  }
}

std::int64_t LengthQuantiles::at(std::int64_t position) const {
  constexpr std::int64_t kPartsPerMille = kParts / 1000;
  std::size_t i = 1;
  while (position >= points_[i].per_mille * kPartsPerMille) {
    ++i;
  }
  const LengthQuantile& low = points_[i - 1];
  const LengthQuantile& high = points_[i];
  const std::int64_t span = (high.per_mille - low.per_mille) * kPartsPerMille;
  const auto rise =
      static_cast<__int128>(high.length - low.length) * (position - low.per_mille * kPartsPerMille);
  return low.length +
         static_cast<std::int64_t>((2 * rise + span) / (2 * static_cast<__int128>(span)));
}

std::int64_t LengthQuantiles::mean_times_2000() const {
  std::int64_t sum = 0;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    sum += (points_[i].per_mille - points_[i - 1].per_mille) *
           (points_[i].length + points_[i - 1].length);
  }
  return sum;
}

}  // namespace orrery::requests
