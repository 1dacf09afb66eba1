// SPDX-License-Identifier: Apache-2.0
#include "memory/tier_statistics.h"

namespace orrery::memory {

CacheStatistics& CacheStatistics::operator+=(const CacheStatistics& other) {
  hits += other.hits;
  misses += other.misses;
  merged += other.merged;
  allocated += other.allocated;
  write_backs += other.write_backs;
  bytes_read += other.bytes_read;
  bytes_written += other.bytes_written;
  return *this;
}

namespace {

double nanoseconds(const base::Rational& cycle) {
  constexpr double kFemtosecondsPerNanosecond = 1e6;
  return base::to_double(cycle) / kFemtosecondsPerNanosecond;
}

}  // namespace

double average_read_latency_ns(const dram::AccessStatistics& statistics,
                               const base::Rational& cycle) {
  if (statistics.read_bursts == 0) {
    return 0;
  }
  return static_cast<double>(statistics.read_latency_sum) /
         static_cast<double>(statistics.read_bursts) * nanoseconds(cycle);
}

double read_latency_percentile_ns(const dram::AccessStatistics& statistics,
                                  const base::Rational& cycle, std::uint64_t numerator,
                                  std::uint64_t denominator) {
  return static_cast<double>(statistics.read_latency.percentile(numerator, denominator)) *
         nanoseconds(cycle);
}

}  // namespace orrery::memory
