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

metrics::CacheResult cache_result(const memory::CacheAccount& account,
                                  const memory::CacheStatistics& statistics) {
  metrics::CacheResult result;
  result.line_bytes = account.line_bytes;
  result.hits = static_cast<std::int64_t>(statistics.hits);
  result.misses = static_cast<std::int64_t>(statistics.misses);
  result.merged = static_cast<std::int64_t>(statistics.merged);
  result.allocated = static_cast<std::int64_t>(statistics.allocated);
  result.write_backs = static_cast<std::int64_t>(statistics.write_backs);
  result.bytes_read = static_cast<std::int64_t>(statistics.bytes_read);
  result.bytes_written = static_cast<std::int64_t>(statistics.bytes_written);
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
    if (statistics.cache) {
      total.cache = cache_result(*statistics.cache, statistics.cache->total);
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
      if (statistics.cache && i < statistics.cache->layers.size()) {
        layer.tiers.back().cache = cache_result(*statistics.cache, statistics.cache->layers[i]);
      }
    }
  }
}

namespace {

// Lines that come from the memory are written into the cache, those that go back are read.
void add_cache_energy(const memory::CacheAccount& account, hardware::EnergyAccount& energy) {
  const auto line = static_cast<std::uint64_t>(account.line_bytes);
  for (std::size_t i = 0; i < account.layers.size(); ++i) {
    const memory::CacheStatistics& layer = account.layers[i];
    energy.add_actions(i, "cache.read_byte",
                       static_cast<std::int64_t>(layer.bytes_read + layer.write_backs * line));
    energy.add_actions(i, "cache.write_byte",
                       static_cast<std::int64_t>(layer.bytes_written + layer.misses * line));
  }
}

// What engines asked of the cache, and the cache of the memory.
void add_cache_facts(const std::string& name, const StreamAudit::Tier& declared,
                     const memory::CacheAccount& account, const metrics::TierResult& memory,
                     std::int64_t posted_bytes, metrics::InvariantFacts& facts) {
  const metrics::CacheResult& cache = *memory.cache;
  facts.tiers.push_back({name + " cache", declared.bytes_read, declared.bytes_written,
                         cache.bytes_read, cache.bytes_written, declared.bytes_read,
                         declared.bytes_written, 0, account.peak_bytes_per_second});
  const std::int64_t read = cache.misses * cache.line_bytes;
  const std::int64_t written = cache.write_backs * cache.line_bytes;
  const auto on_its_way = [&](std::uint64_t lines) {
    return static_cast<std::int64_t>(lines) * cache.line_bytes;
  };
  facts.tiers.push_back({name, read - on_its_way(account.lines_coming),
                         written - on_its_way(account.lines_going), memory.bytes_read,
                         memory.bytes_written, read, written, posted_bytes,
                         memory.peak_bytes_per_second});
}

}  // namespace

void add_tier_energy(const hardware::PlatformConfig& platform, const Machine& machine,
                     const std::vector<double>& latencies, hardware::EnergyAccount& energy) {
  for (std::size_t t = 0; t < machine.tiers().size(); ++t) {
    const TierStatistics statistics = machine.tiers()[t]->statistics();
    if (statistics.cache) {
      add_cache_energy(*statistics.cache, energy);
    }
    if (statistics.energy.source.empty()) {
      continue;  // a model without energy: the result has a note
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
    if (statistics.model != "bandwidth") {  // which knows bits alone
      energy.share(owner + ".background",
                   amounts.background_active + amounts.background_precharged +
                       amounts.background_power_down + amounts.self_refresh + amounts.constant,
                   latencies);
    }
    energy.add_source(owner, amounts.family + ": " + amounts.source);
  }
}

void add_tier_facts(const hardware::PlatformConfig& platform, const Machine& machine,
                    const metrics::RunResult& result, metrics::InvariantFacts& facts) {
  for (std::size_t t = 0; t < result.tiers.size(); ++t) {
    const metrics::TierResult& tier = result.tiers[t];
    const hardware::TierConfig& config = platform.memory[t].second;
    const StreamAudit::Tier& declared = machine.audit().tiers()[t];
    const TierStatistics statistics = machine.tiers()[t]->statistics();
    const auto burst = static_cast<std::int64_t>(statistics.access_bytes);
    if (statistics.cache) {
      add_cache_facts(tier.name, declared, *statistics.cache, tier,
                      burst * tier.forwarded + config.posted_bytes(), facts);
      continue;
    }
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
