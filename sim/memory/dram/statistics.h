// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace orrery::memory::dram {

using base::Cycle;

// Counts of latencies in cycles, exact below 16, then eight buckets for each power of two (12.5 %).
class LatencyHistogram {
 public:
  void add(Cycle latency) { ++counts_[bucket(latency)]; }
  void add(const LatencyHistogram& other);

  [[nodiscard]] std::uint64_t count() const;
  // The upper bound of the bucket in which the given share of all latencies has been reached;
  // 0 when there are none. numerator / denominator is the share, 99 / 100 for the 99th percentile.
  [[nodiscard]] Cycle percentile(std::uint64_t numerator, std::uint64_t denominator) const;

  static constexpr std::size_t kBuckets = 16 + 8 * 16;
  [[nodiscard]] const std::array<std::uint64_t, kBuckets>& buckets() const { return counts_; }
  // The largest latency that falls into a bucket.
  [[nodiscard]] static Cycle upper_bound(std::size_t bucket);

 private:
  [[nodiscard]] static std::size_t bucket(Cycle latency) {
    const auto value = static_cast<std::uint64_t>(latency);
    if (value < 16) {
      return value;
    }
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const std::size_t index = 16 + (width - 5) * 8 + ((value >> (width - 4)) & 7U);
    return index < kBuckets ? index : kBuckets - 1;
  }

  std::array<std::uint64_t, kBuckets> counts_{};
};

// What one layer of the workload did on one channel, or a sum of such.
struct AccessStatistics {
  std::uint64_t read_bursts = 0;
  std::uint64_t write_bursts = 0;
  std::uint64_t row_hits = 0;          // column command first
  std::uint64_t row_misses = 0;        // bank closed: ACT first
  std::uint64_t row_conflicts = 0;     // another row open: PRE first
  std::uint64_t forwarded = 0;         // reads answered by the write window
  std::uint64_t activates = 0;         // ACT commands issued on behalf
  std::uint64_t pim_steps = 0;         // PIM commands of programs
  std::uint64_t pim_row_commands = 0;  // commands that opened and closed rows for them
  std::uint64_t pim_bytes_in = 0;      // from the host
  std::uint64_t pim_bytes_out = 0;     // to the host
  std::uint64_t read_latency_sum = 0;  // cycles from arrival to the end of the data
  LatencyHistogram read_latency;

  void add(const AccessStatistics& other);
};

// Where one rank (pseudo-channel) spent its time; the states add up to the time simulated.
struct RankStatistics {
  Cycle active = 0;      // some bank open
  Cycle precharged = 0;  // all banks closed
  Cycle refreshing = 0;  // the whole rank
  Cycle active_power_down = 0;
  Cycle precharged_power_down = 0;
  Cycle self_refresh = 0;
  // Summed over the banks, within `active`: how long each was open. Energy with rho below 1 needs
  // it; it is at least `active` and at most the banks of the rank times that.
  Cycle open_bank_cycles = 0;
  Cycle further_open = 0;  // in any state, a row was open in a buffer beyond the first
  std::uint64_t refreshes = 0;
};

struct ChannelStatistics {
  Cycle cycles = 0;  // simulated
  std::uint64_t access_bytes = 0;
  AccessStatistics total;
  std::vector<AccessStatistics> layers;    // by layer index
  std::vector<std::uint64_t> commands;     // by command index of the spec
  std::vector<std::uint64_t> repetitions;  // likewise, each counted as often as it repeats
  std::vector<RankStatistics> ranks;
  Cycle data_bus_busy = 0;  // summed over the pseudo-channels
  Cycle pim_busy = 0;       // a PIM program was under way

  [[nodiscard]] std::uint64_t bytes_read() const { return total.read_bursts * access_bytes; }
  [[nodiscard]] std::uint64_t bytes_written() const { return total.write_bursts * access_bytes; }
};

}  // namespace orrery::memory::dram
