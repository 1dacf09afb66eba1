// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"

namespace orrery::memory::trace {

using base::Cycle;

// Latencies in cycles, each value counted by itself: percentiles are exact.
class LatencyCounts {
 public:
  // latency >= 0.
  void add(Cycle latency);
  void add(const LatencyCounts& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  // The largest; 0 when there are none.
  [[nodiscard]] Cycle largest() const;
  // The smallest latency that numerator / denominator of all do not exceed: percentile(99, 100). 0
  // when there are none.
  [[nodiscard]] Cycle percentile(std::uint64_t numerator, std::uint64_t denominator) const;
  // Latency and count of every value that occurred, ascending.
  [[nodiscard]] std::vector<std::pair<Cycle, std::uint64_t>> values() const;

 private:
  // Common latencies lie in an array, the rest in a map.
  static constexpr std::size_t kDirect = 4096;

  std::vector<std::uint64_t> direct_ = std::vector<std::uint64_t>(kDirect, 0);
  std::map<Cycle, std::uint64_t> rare_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace orrery::memory::trace
