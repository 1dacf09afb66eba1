// SPDX-License-Identifier: Apache-2.0
#include "memory/trace/latency_counts.h"

#include "base/error.h"

namespace orrery::memory::trace {

void LatencyCounts::add(Cycle latency) {
  base::require_invariant(latency >= 0, "nothing is done before it arrived");
  const auto index = static_cast<std::size_t>(latency);
  ++(index < kDirect ? direct_[index] : rare_[latency]);
  ++count_;
  sum_ += static_cast<std::uint64_t>(latency);
}

void LatencyCounts::add(const LatencyCounts& other) {
  for (std::size_t i = 0; i < kDirect; ++i) {
    direct_[i] += other.direct_[i];
  }
  for (const auto& [latency, count] : other.rare_) {
    rare_[latency] += count;
  }
  count_ += other.count_;
  sum_ += other.sum_;
}

std::vector<std::pair<Cycle, std::uint64_t>> LatencyCounts::values() const {
  std::vector<std::pair<Cycle, std::uint64_t>> result;
  for (std::size_t i = 0; i < kDirect; ++i) {
    if (direct_[i] != 0) {
      result.emplace_back(static_cast<Cycle>(i), direct_[i]);
    }
  }
  result.insert(result.end(), rare_.begin(), rare_.end());
  return result;
}

Cycle LatencyCounts::largest() const {
  return count_ == 0 ? 0 : values().back().first;
}

Cycle LatencyCounts::percentile(std::uint64_t numerator, std::uint64_t denominator) const {
  const auto wanted = static_cast<unsigned __int128>(count_) * numerator;
  unsigned __int128 seen = 0;
  for (const auto& [latency, count] : values()) {
    seen += count;
    if (seen * denominator >= wanted) {
      return latency;
    }
  }
  return 0;
}

}  // namespace orrery::memory::trace
