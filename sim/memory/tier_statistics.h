// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/rational.h"
#include "memory/dram/energy.h"
#include "memory/dram/statistics.h"

namespace orrery::memory {

// What a cache in front of a memory did, by lines.
struct CacheStatistics {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;       // that were requested from the memory
  std::uint64_t merged = 0;       // on their way already
  std::uint64_t allocated = 0;    // written as a whole, without being read
  std::uint64_t write_backs = 0;  // dirty lines that made room
  std::uint64_t bytes_read = 0;   // by engines
  std::uint64_t bytes_written = 0;
  CacheStatistics& operator+=(const CacheStatistics& other);
};

struct CacheAccount {
  std::int64_t line_bytes = 0;
  double peak_bytes_per_second = 0;
  CacheStatistics total;
  std::vector<CacheStatistics> layers;  // by layer index; their sum is total
  std::uint64_t lines_coming = 0;       // from the memory, at the end
  std::uint64_t lines_going = 0;        // to it
};

// What a tier did, its channels summed. The model "dram" fills everything; "bandwidth" and "ideal"
// know only bursts; "storage" counts its blocks as bursts, with latencies and energy.
struct TierStatistics {
  std::string model;     // "dram", "bandwidth", "ideal", "storage"
  std::string standard;  // name of the DRAM spec or the device; empty for "ideal"
  std::int64_t channels = 1;
  std::uint64_t access_bytes = 1;    // of a burst
  base::Rational cycle = 1;          // femtoseconds of a cycle of the latencies below
  double peak_bytes_per_second = 0;  // 0: no limit

  dram::AccessStatistics total;                       // latencies in cycles
  std::vector<dram::AccessStatistics> layers;         // by layer index; their sum is total
  std::vector<dram::ChannelStatistics> each_channel;  // "dram" only

  std::uint64_t refreshes = 0;
  // By the name of the standard; "dram" only. `repetitions` counts PIM commands with each
  // repetition of composite ones.
  std::vector<std::pair<std::string, std::uint64_t>> commands;
  std::vector<std::pair<std::string, std::uint64_t>> repetitions;
  base::Cycle data_bus_busy = 0;      // cycles summed over all data buses
  base::Cycle data_bus_possible = 0;  // cycles there were, likewise
  std::optional<CacheAccount> cache;  // in front of it
  dram::Energy energy;                // zero, without a source, where none is known

  // Whole bursts.
  [[nodiscard]] std::uint64_t bytes_read() const { return total.read_bursts * access_bytes; }
  [[nodiscard]] std::uint64_t bytes_written() const { return total.write_bursts * access_bytes; }
};

// Means and percentiles of the read latency in nanoseconds; 0 when nothing was read. The percentile
// is the upper bound of its bucket.
[[nodiscard]] double average_read_latency_ns(const dram::AccessStatistics& statistics,
                                             const base::Rational& cycle);
[[nodiscard]] double read_latency_percentile_ns(const dram::AccessStatistics& statistics,
                                                const base::Rational& cycle,
                                                std::uint64_t numerator, std::uint64_t denominator);

}  // namespace orrery::memory
