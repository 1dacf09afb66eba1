// SPDX-License-Identifier: Apache-2.0
#include "cli/memory_figures.h"

#include <array>
#include <cmath>

#include "base/error.h"

namespace orrery::cli {

using memory::dram::Energy;
using memory::dram::LatencyHistogram;
using memory::dram::RankStatistics;

MemoryFigures::MemoryFigures(const MemoryScenario& scenario,
                             const memory::trace::TraceResult& result)
    : scenario_(scenario),
      result_(result),
      femtoseconds_(scenario.spec.clock().edge(result.cycles)) {}

double MemoryFigures::seconds() const {
  return static_cast<double>(femtoseconds_) / static_cast<double>(base::kFemtosecondsPerSecond);
}

double MemoryFigures::clock_hertz() const {
  return static_cast<double>(base::kFemtosecondsPerSecond) / base::to_double(scenario_.spec.tck);
}

double MemoryFigures::bytes_per_second() const {
  return static_cast<double>(result_.column_bytes()) / seconds();
}

double MemoryFigures::peak_bytes_per_second() const {
  return static_cast<double>(scenario_.options.channels) * scenario_.spec.peak_bytes_per_second();
}

double MemoryFigures::average_latency_cycles() const {
  const std::uint64_t count = result_.latencies.count();
  return count == 0 ? 0.0
                    : static_cast<double>(result_.latencies.sum()) / static_cast<double>(count);
}

double MemoryFigures::nanoseconds(double cycles) const {
  constexpr double kFemtosecondsPerNanosecond = 1e6;
  return cycles * base::to_double(scenario_.spec.tck) / kFemtosecondsPerNanosecond;
}

std::uint64_t MemoryFigures::refreshes() const {
  std::uint64_t sum = 0;
  for (const RankStatistics& rank : result_.total.ranks) {
    sum += rank.refreshes;
  }
  return sum;
}

std::vector<std::pair<std::string, double>> MemoryFigures::energy_components() const {
  static const std::array<std::pair<const char*, double Energy::*>, 11> kComponents{
      {{"activate_precharge", &Energy::activate_precharge},
       {"read", &Energy::read},
       {"write", &Energy::write},
       {"refresh", &Energy::refresh},
       {"background_active", &Energy::background_active},
       {"background_precharged", &Energy::background_precharged},
       {"background_power_down", &Energy::background_power_down},
       {"background_buffers", &Energy::background_buffers},
       {"pim", &Energy::pim},
       {"self_refresh", &Energy::self_refresh},
       {"constant", &Energy::constant}}};
  std::vector<std::pair<std::string, double>> components;
  if (!result_.energy) {
    return components;
  }
  const auto& currents = scenario_.spec.currents;
  double sum = 0;
  for (const auto& [name, member] : kComponents) {
    if (member == &Energy::pim && !scenario_.spec.has_pim()) {
      continue;
    }
    if (member == &Energy::background_buffers && !(currents && currents->further_buffers)) {
      continue;
    }
    components.emplace_back(name, *result_.energy.*member);
    sum += *result_.energy.*member;
  }
  base::require_invariant(std::abs(sum - result_.energy->total()) <= 1e-9 * std::abs(sum),
                          "every component of the energy is reported");
  return components;
}

std::vector<std::pair<std::string, base::Cycle>> MemoryFigures::rank_states(
    const RankStatistics& rank) {
  return {{"active", rank.active},
          {"precharged", rank.precharged},
          {"refreshing", rank.refreshing},
          {"active_power_down", rank.active_power_down},
          {"precharged_power_down", rank.precharged_power_down},
          {"self_refresh", rank.self_refresh}};
}

std::vector<MemoryFigures::Bucket> MemoryFigures::histogram() const {
  std::vector<Bucket> buckets;
  const auto values = result_.latencies.values();
  std::size_t bucket = 0;
  for (const auto& [latency, count] : values) {
    while (bucket + 1 < LatencyHistogram::kBuckets &&
           LatencyHistogram::upper_bound(bucket) < latency) {
      ++bucket;
    }
    const base::Cycle from = bucket == 0 ? 0 : LatencyHistogram::upper_bound(bucket - 1) + 1;
    if (buckets.empty() || buckets.back().from != from) {
      buckets.push_back({from, LatencyHistogram::upper_bound(bucket), 0});
    }
    buckets.back().count += count;
  }
  return buckets;
}

std::vector<std::string> MemoryFigures::notes() const {
  std::vector<std::string> notes;
  for (const base::Diagnostic& reason : result_.no_energy) {
    notes.push_back("no energy: " + reason.to_string());
  }
  if (result_.interrupted) {
    notes.emplace_back("interrupted: only the requests read so far were performed");
  }
  return notes;
}

}  // namespace orrery::cli
