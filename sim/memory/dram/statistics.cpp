// SPDX-License-Identifier: Apache-2.0
#include "memory/dram/statistics.h"

#include <numeric>

namespace orrery::memory::dram {

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) {
    counts_[i] += other.counts_[i];
  }
}

std::uint64_t LatencyHistogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

Cycle LatencyHistogram::percentile(std::uint64_t numerator, std::uint64_t denominator) const {
  const auto wanted = static_cast<unsigned __int128>(count()) * numerator;
  unsigned __int128 seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (counts_[i] != 0 && seen * denominator >= wanted) {
      return upper_bound(i);
    }
  }
  return 0;
}

Cycle LatencyHistogram::upper_bound(std::size_t bucket) {
  if (bucket < 16) {
    return static_cast<Cycle>(bucket);
  }
  // Bucket 16 + 8 k + s holds [(8 + s) 2^(k+1), (9 + s) 2^(k+1)).
  const std::size_t octave = (bucket - 16) / 8 + 1;
  const std::size_t step = (bucket - 16) % 8;
  return static_cast<Cycle>((9 + step) << octave) - 1;
}

void AccessStatistics::add(const AccessStatistics& other) {
  read_bursts += other.read_bursts;
  write_bursts += other.write_bursts;
  row_hits += other.row_hits;
  row_misses += other.row_misses;
  row_conflicts += other.row_conflicts;
  forwarded += other.forwarded;
  activates += other.activates;
  pim_steps += other.pim_steps;
  pim_row_commands += other.pim_row_commands;
  pim_bytes_in += other.pim_bytes_in;
  pim_bytes_out += other.pim_bytes_out;
  read_latency_sum += other.read_latency_sum;
  read_latency.add(other.read_latency);
}

}  // namespace orrery::memory::dram
