// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/memory_scenario.h"
#include "memory/trace/trace_run.h"

namespace orrery::cli {

// What is derived from a trace run, once, for all its outputs.
class MemoryFigures {
 public:
  // Both must outlive the figures.
  MemoryFigures(const MemoryScenario& scenario, const memory::trace::TraceResult& result);

  // Of the whole run, rounded down.
  [[nodiscard]] base::Femtoseconds femtoseconds() const { return femtoseconds_; }
  [[nodiscard]] double seconds() const;
  [[nodiscard]] double clock_hertz() const;
  // Bytes moved over the data buses in a second, and what they could have moved.
  [[nodiscard]] double bytes_per_second() const;
  [[nodiscard]] double peak_bytes_per_second() const;
  [[nodiscard]] double utilization() const { return bytes_per_second() / peak_bytes_per_second(); }
  [[nodiscard]] double average_latency_cycles() const;
  [[nodiscard]] double nanoseconds(double cycles) const;
  [[nodiscard]] std::uint64_t refreshes() const;

  // Name and picojoules; empty when the standard has no figures.
  [[nodiscard]] std::vector<std::pair<std::string, double>> energy_components() const;
  // Name and cycles of every state that a rank can be in.
  [[nodiscard]] static std::vector<std::pair<std::string, base::Cycle>> rank_states(
      const memory::dram::RankStatistics& rank);

  struct Bucket {
    base::Cycle from = 0;
    base::Cycle to = 0;  // the last latency of the bucket
    std::uint64_t count = 0;
  };
  // Read latencies, exact below 16 cycles, then eight buckets for each power of two; those that
  // hold any.
  [[nodiscard]] std::vector<Bucket> histogram() const;

  // What a reader must know, in sentences.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  const MemoryScenario& scenario_;
  const memory::trace::TraceResult& result_;
  base::Femtoseconds femtoseconds_ = 0;
};

}  // namespace orrery::cli
