// SPDX-License-Identifier: Apache-2.0
#include "platform/collect_tiers.h"

namespace orrery::platform {
namespace {

using memory::TierStatistics;
using memory::dram::AccessStatistics;

metrics::TierResult access_result(const std::string& name, const TierStatistics& statistics,
                                  const AccessStatistics& access, double seconds) {
  metrics::TierResult result;
  result.name = name;
  result.model = statistics.model;
  result.standard = statistics.standard;
  result.channels = statistics.channels;
  result.bursts = static_cast<std::int64_t>(access.read_bursts + access.write_bursts);
  result.bytes_read = static_cast<std::int64_t>(access.read_bursts * statistics.access_bytes);
  result.bytes_written = static_cast<std::int64_t>(access.write_bursts * statistics.access_bytes);
  result.row_hits = static_cast<std::int64_t>(access.row_hits);
  result.row_misses = static_cast<std::int64_t>(access.row_misses);
  result.row_conflicts = static_cast<std::int64_t>(access.row_conflicts);
  result.forwarded = static_cast<std::int64_t>(access.forwarded);
  result.peak_bytes_per_second = statistics.peak_bytes_per_second;
  if (seconds > 0.0) {
    result.achieved_bytes_per_second =
        static_cast<double>(result.bytes_read + result.bytes_written) / seconds;
  }
  result.average_read_latency_ns = memory::average_read_latency_ns(access, statistics.cycle);
  result.p99_read_latency_ns =
      memory::read_latency_percentile_ns(access, statistics.cycle, 99, 100);
  return result;
}

using Weight = double (*)(const AccessStatistics&);

std::vector<double> layer_weights(const TierStatistics& statistics, std::size_t layers,
                                  Weight weight) {
  std::vector<double> weights(layers, 0.0);
  for (std::size_t i = 0; i < layers && i < statistics.layers.size(); ++i) {
    weights[i] = weight(statistics.layers[i]);
  }
  return weights;
}

}  // namespace

void collect_tiers(const hardware::PlatformConfig& platform, const Machine& machine,
                   metrics::RunResult& result) {
  static const AccessStatistics kNone;
  for (std::size_t t = 0; t < machine.tiers().size(); ++t) {
    const std::string& name = platform.memory[t].first;
    const TierStatistics statistics = machine.tiers()[t]->statistics();
    metrics::TierResult total = access_result(name, statistics, statistics.total, result.seconds());
    total.refreshes = static_cast<std::int64_t>(statistics.refreshes);
    for (std::size_t i = 0; i < statistics.commands.size(); ++i) {
      const auto& [command, count] = statistics.commands[i];
      total.commands.emplace_back(command, static_cast<std::int64_t>(count));
      const auto repeated = static_cast<std::int64_t>(statistics.repetitions[i].second);
      if (repeated > 0) {
        total.repetitions.emplace_back(command, repeated);
      }
    }
    total.capacity_bytes = machine.tiers()[t]->capacity();
    total.footprint_bytes = machine.audit().tiers()[t].end_address;
    result.tiers.push_back(std::move(total));
    for (std::size_t i = 0; i < result.layers.size(); ++i) {
      metrics::LayerResult& layer = result.layers[i];
      const double seconds =
          static_cast<double>(layer.latency) / static_cast<double>(base::kFemtosecondsPerSecond);
      layer.tiers.push_back(access_result(
          name, statistics, i < statistics.layers.size() ? statistics.layers[i] : kNone, seconds));
    }
  }
}

void add_tier_energy(const hardware::PlatformConfig& platform, const Machine& machine,
                     const std::vector<double>& latencies, EnergyAccount& energy) {
  for (std::size_t t = 0; t < machine.tiers().size(); ++t) {
    const TierStatistics statistics = machine.tiers()[t]->statistics();
    if (statistics.energy.source.empty()) {
      continue;  // a model without energy
    }
    const std::string owner = "memory." + platform.memory[t].first;
    const auto by = [&](Weight weight) {
      return layer_weights(statistics, latencies.size(), weight);
    };
    const memory::dram::Energy& amounts = statistics.energy;
    const bool has_rows = statistics.model == "dram";
    if (has_rows) {
      energy.share(owner + ".activate_precharge", amounts.activate_precharge,
                   by([](const AccessStatistics& access) {
                     return static_cast<double>(access.row_misses + access.row_conflicts);
                   }));
      energy.share(owner + ".refresh", amounts.refresh, latencies);
    }
    energy.share(owner + ".read", amounts.read, by([](const AccessStatistics& access) {
                   return static_cast<double>(access.read_bursts);
                 }));
    energy.share(owner + ".write", amounts.write, by([](const AccessStatistics& access) {
                   return static_cast<double>(access.write_bursts);
                 }));
    if (amounts.pim > 0) {
      energy.share(owner + ".pim", amounts.pim, by([](const AccessStatistics& access) {
                     return static_cast<double>(access.pim_steps + access.pim_row_commands);
                   }));
    }
    if (amounts.background_buffers > 0) {
      energy.share(owner + ".background_buffers", amounts.background_buffers, latencies);
    }
    energy.share(owner + ".background",
                 amounts.background_active + amounts.background_precharged +
                     amounts.background_power_down + amounts.self_refresh + amounts.constant,
                 latencies);
    energy.add_source(owner, amounts.family + ": " + amounts.source);
  }
}

void add_tier_facts(const hardware::PlatformConfig& platform, const Machine& machine,
                    const metrics::RunResult& result, metrics::InvariantFacts& facts) {
  for (std::size_t t = 0; t < result.tiers.size(); ++t) {
    const metrics::TierResult& tier = result.tiers[t];
    const hardware::TierConfig& config = platform.memory[t].second;
    const StreamAudit::Tier& declared = machine.audit().tiers()[t];
    const auto burst = static_cast<std::int64_t>(machine.tiers()[t]->statistics().access_bytes);
    // A row of n bytes touches at most ceil(n / burst) + 1 bursts: less than n + 2 bursts of bytes.
    const auto most = [burst](std::int64_t bytes, std::int64_t rows) {
      return bytes + rows * (2 * burst - 1);
    };
    facts.tiers.push_back({tier.name, declared.bytes_read, declared.bytes_written, tier.bytes_read,
                           tier.bytes_written, most(declared.bytes_read, declared.rows_read),
                           most(declared.bytes_written, declared.rows_written),
                           burst * tier.forwarded + config.posted_bytes(),
                           tier.peak_bytes_per_second});
  }
}

}  // namespace orrery::platform
