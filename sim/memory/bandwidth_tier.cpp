// SPDX-License-Identifier: Apache-2.0
#include "memory/bandwidth_tier.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "memory/address/slice_cursor.h"

namespace orrery::memory {

using base::Cycle;

std::uint64_t count_bursts(const Transfer& transfer, std::int64_t access_bytes) {
  return SliceCursor(transfer, AddressMap(1, access_bytes), 0, static_cast<int>(access_bytes))
      .count_remaining();
}

void count_access(TierStatistics& statistics, const Transfer& transfer, std::uint64_t bursts) {
  if (statistics.layers.size() <= transfer.layer) {
    statistics.layers.resize(transfer.layer + 1);
  }
  for (dram::AccessStatistics* account : {&statistics.total, &statistics.layers[transfer.layer]}) {
    (transfer.is_write ? account->write_bursts : account->read_bursts) += bursts;
  }
}

BandwidthTier::BandwidthTier(const sc_core::sc_module_name& name, const dram::Spec& spec,
                             const TierConfig& config, Femtoseconds latency, BitEnergy energy)
    : Tier(name, spec.capacity_bytes() * config.total_channels()),
      spec_(spec),
      config_(config),
      clock_(spec.clock()),
      map_(address_map(spec, config)),
      latency_(clock_.cycles_covering(latency)),
      energy_(std::move(energy)),
      buses_(spec.data_buses()),
      busy_(static_cast<std::size_t>(config.total_channels()), 0) {
  base::require_invariant(config.request_latency >= 1 && config.response_latency >= 1,
                          "requests and answers take time");
  statistics_.model = "bandwidth";
  statistics_.standard = spec.name;
  statistics_.channels = config.total_channels();
  statistics_.access_bytes = static_cast<std::uint64_t>(spec.access_bytes);
  statistics_.cycle = spec.tck;
  statistics_.peak_bytes_per_second = spec.peak_bytes_per_second() * config.total_channels();
  SC_METHOD(serve);
  sensitive << arrival_event_;
  dont_initialize();
}

void BandwidthTier::accept(const Transfer& transfer, const Request& request) {
  const Cycle cycle = clock_.cycle_at_or_after(now() + config_.request_latency);
  arrivals_[cycle].push_back({transfer, request});
  wake_at(cycle);
}

void BandwidthTier::wake_at(Cycle cycle) {
  arrival_event_.notify(
      sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(clock_.edge(cycle) - now())));
}

void BandwidthTier::serve() {
  while (!arrivals_.empty() && clock_.edge(arrivals_.begin()->first) <= now()) {
    auto [cycle, arrived] = std::move(*arrivals_.begin());
    arrivals_.erase(arrivals_.begin());
    std::sort(arrived.begin(), arrived.end(), [](const Arrival& a, const Arrival& b) {
      return std::tie(a.request.initiator, a.request.sequence) <
             std::tie(b.request.initiator, b.request.sequence);
    });
    for (const Arrival& arrival : arrived) {
      Cycle done = 0;
      std::uint64_t all_bursts = 0;
      for (int channel = 0; channel < config_.total_channels(); ++channel) {
        const std::uint64_t bursts =
            SliceCursor(arrival.transfer, map_, channel, static_cast<int>(spec_.access_bytes))
                .count_remaining();
        if (bursts == 0) {
          continue;
        }
        all_bursts += bursts;
        std::int64_t& busy = busy_[static_cast<std::size_t>(channel)];
        const std::int64_t work = static_cast<std::int64_t>(bursts) * spec_.burst_cycles;
        busy = std::max(busy, cycle * buses_) + work;
        bytes_.add(clock_.edge((busy - work) / buses_), clock_.edge((busy + buses_ - 1) / buses_),
                   static_cast<std::int64_t>(bursts) * spec_.access_bytes);
        statistics_.data_bus_busy += work;
        done = std::max(done, (busy + buses_ - 1) / buses_ + latency_);
      }
      count_access(statistics_, arrival.transfer, all_bursts);
      answer_at(clock_.edge(done) + config_.response_latency, arrival.request);
    }
  }
  if (!arrivals_.empty()) {
    wake_at(arrivals_.begin()->first);
  }
}

void BandwidthTier::finish(Femtoseconds end) {
  statistics_.data_bus_possible = clock_.cycle_at_or_after(end) * buses_ * config_.total_channels();
  constexpr double kBitsPerByte = 8.0;
  dram::Energy& energy = statistics_.energy;
  energy.read = static_cast<double>(statistics_.bytes_read()) * kBitsPerByte * energy_.read;
  energy.write = static_cast<double>(statistics_.bytes_written()) * kBitsPerByte * energy_.write;
  energy.family = "energy per bit";
  energy.source = energy_.source;
}

TierStatistics BandwidthTier::statistics() const {
  return statistics_;
}

}  // namespace orrery::memory
