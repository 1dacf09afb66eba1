// SPDX-License-Identifier: Apache-2.0
#include "analytical/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "analytical/array_form.h"
#include "analytical/closed_form.h"
#include "analytical/energy.h"
#include "analytical/graph_products.h"
#include "analytical/memory_form.h"
#include "base/integer.h"
#include "metrics/invariants.h"

namespace orrery::analytical {
namespace {

using base::Cycle;
using base::Femtoseconds;
using lowering::ExecutionConfig;
using metrics::LayerResult;
using metrics::RunResult;
using workload::Product;

double seconds_of(Femtoseconds time) {
  return static_cast<double>(time) / static_cast<double>(base::kFemtosecondsPerSecond);
}

class AnalyticalRun {
 public:
  AnalyticalRun(const hardware::PlatformConfig& platform, const workload::Workload& workload,
                const lowering::MappingConfig& mapping)
      : platform_(platform),
        execution_(*mapping.execution),
        products_(workload.products.empty() ? products_of(workload.graph) : workload.products),
        array_(array_form(platform, mapping)),
        memory_(memory_form(platform, execution_)),
        array_clock_(array_.frequency.clock()),
        reference_clock_(platform.clock(platform.sequencer.clock).clock()) {
    result_.workload = workload.name;
    result_.platform = platform.name;
    result_.seed = workload.seed;
    result_.fidelity = "analytical";
    result_.dataflow = array_.dataflow;
    result_.reference_clock = platform.sequencer.clock;
    result_.reference_hertz = base::to_double(platform.clock(platform.sequencer.clock).hertz);
  }

  RunResult finish() {
    const base::Rational rate = memory_.bytes_per_cycle(array_clock_);
    for (const Product& product : products_) {
      estimates_.push_back(estimate(product, array_, rate, execution_));
      add_layer(product, estimates_.back());
    }
    result_.latency = array_clock_.edge(end_);
    result_.cycles = reference_clock_.cycle_at_or_after(result_.latency);
    add_engines();
    add_tier();
    add_energy();
    add_notes();
    result_.invariants = metrics::check_invariants(facts());
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::int64_t arrays() const {
    return static_cast<std::int64_t>(array_.instances.size());
  }

  void add_layer(const Product& product, const Estimate& estimate) {
    LayerResult layer;
    layer.name = product.name;
    layer.kind = product.kind;
    layer.dataflow = product.computes() ? array_.dataflow : "";
    layer.tiling = tiling_text(product, estimate);
    layer.limited_by = estimate.compute_cycles > estimate.memory_cycles ? "compute" : "memory";
    layer.start = array_clock_.edge(end_);
    const Cycle cycles = estimate.cycles * product.count;
    end_ += cycles;
    layer.end = array_clock_.edge(end_);
    layer.latency = layer.end - layer.start;
    layer.cycles = reference_clock_.cycle_at_or_after(layer.end) -
                   reference_clock_.cycle_at_or_after(layer.start);
    layer.compute_cycles = estimate.compute_cycles * product.count;
    layer.macs_useful = product.macs_useful;
    layer.macs_executed = product.count * product.m * product.n * product.k;
    const double possible = static_cast<double>(cycles) * static_cast<double>(array_.peak_macs) *
                            static_cast<double>(arrays());
    layer.utilization = cycles == 0 ? 0.0 : static_cast<double>(layer.macs_useful) / possible;
    for (std::size_t i = 0; i < array_.instances.size(); ++i) {
      layer.engines.push_back({0, layer.compute_cycles, cycles - layer.compute_cycles, 0});
    }
    layer.tiers.push_back(traffic(estimate.bytes_read * product.count,
                                  estimate.bytes_written * product.count, layer.latency));
    result_.layers.push_back(std::move(layer));
  }

  static std::string tiling_text(const Product& product, const Estimate& estimate) {
    if (!product.computes()) {
      return "";
    }
    std::string text = fmt::format("{} x [{}, {}] x [{}, {}]: {} steps", product.count, product.m,
                                   product.k, product.k, product.n, estimate.steps);
    if (estimate.input_fetches > 1) {
      text += fmt::format(", inputs read {} times", estimate.input_fetches);
    }
    if (estimate.weight_fetches > 1) {
      text += fmt::format(", weights read {} times", estimate.weight_fetches);
    }
    return text;
  }

  [[nodiscard]] metrics::TierResult traffic(std::int64_t read, std::int64_t written,
                                            Femtoseconds time) const {
    metrics::TierResult tier;
    tier.name = memory_.name;
    tier.model = "bandwidth";
    tier.standard = memory_.tier->storage ? memory_.tier->storage->name : memory_.tier->dram.name;
    tier.channels = memory_.tier->storage ? 1 : memory_.tier->total_channels();
    tier.bytes_read = read;
    tier.bytes_written = written;
    tier.bursts = base::divide_up(read + written, memory_.tier->access_bytes());
    tier.peak_bytes_per_second = base::to_double(memory_.bytes_per_femtosecond) *
                                 static_cast<double>(base::kFemtosecondsPerSecond);
    if (time > 0) {
      tier.achieved_bytes_per_second = static_cast<double>(read + written) / seconds_of(time);
    }
    return tier;
  }

  void add_engines() {
    for (const std::string& name : array_.instances) {
      metrics::EngineResult engine;
      engine.name = name;
      engine.kind = array_.kind;
      engine.clock_hertz = base::to_double(array_.frequency.hertz);
      engine.cycles.total = end_;
      // The arrays share each product; the first one has what does not divide.
      const bool is_first = name == array_.instances.front();
      const auto share = [&](std::int64_t macs) {
        return macs / arrays() + (is_first ? macs % arrays() : 0);
      };
      for (const LayerResult& layer : result_.layers) {
        engine.cycles.busy += layer.compute_cycles;
        engine.macs_useful += share(layer.macs_useful);
        engine.macs_executed += share(layer.macs_executed);
      }
      engine.cycles.stalled = end_ - engine.cycles.busy;
      engine.stall_causes = {{"memory", engine.cycles.stalled}};
      engine.macs_possible = array_.peak_macs * end_;
      engine.square_millimetres = platform_.square_millimetres(*array_.config);
      result_.engines.push_back(std::move(engine));
    }
  }

  void add_tier() {
    std::int64_t read = 0;
    std::int64_t written = 0;
    for (const LayerResult& layer : result_.layers) {
      read += layer.tiers.front().bytes_read;
      written += layer.tiers.front().bytes_written;
    }
    metrics::TierResult tier = traffic(read, written, result_.latency);
    tier.capacity_bytes = memory_.tier->capacity();
    result_.tiers.push_back(std::move(tier));
  }

  void add_energy() {
    hardware::EnergyAccount energy(platform_.energy, platform_.arithmetic_energy_factor(),
                                   result_.layers.size());
    std::vector<double> latencies;
    std::vector<double> reads;
    std::vector<double> writes;
    for (std::size_t i = 0; i < products_.size(); ++i) {
      charge(products_[i], estimates_[i], array_, execution_, i, energy);
      const LayerResult& layer = result_.layers[i];
      latencies.push_back(static_cast<double>(layer.latency));
      reads.push_back(static_cast<double>(layer.tiers.front().bytes_read));
      writes.push_back(static_cast<double>(layer.tiers.front().bytes_written));
    }
    for (const auto& [name, power] : platform_.energy.leakage) {
      // mW x s = 1e9 pJ
      energy.share("leakage." + name, power.milliwatts * result_.seconds() * 1e9, latencies);
      energy.add_source("leakage." + name, power.source);
    }
    if (const auto transfer = memory_.tier->transfer_energy_per_bit()) {
      constexpr double kBitsPerByte = 8.0;
      const std::string owner = "memory." + memory_.name;
      const auto& total = result_.tiers.front();
      energy.share(
          owner + ".read",
          static_cast<double>(total.bytes_read) * kBitsPerByte * transfer->read_picojoules_per_bit,
          reads);
      energy.share(owner + ".write",
                   static_cast<double>(total.bytes_written) * kBitsPerByte *
                       transfer->write_picojoules_per_bit,
                   writes);
      energy.add_source(owner, "energy per bit: " + transfer->source);
    }
    result_.energy_pj = energy.total();
    result_.energy_sources = energy.sources();
    for (std::size_t i = 0; i < result_.layers.size(); ++i) {
      result_.layers[i].energy_pj = energy.layer(i);
    }
  }

  void add_notes() {
    const bool sums = execution_.overlap == lowering::Overlap::kNone;
    result_.notes.push_back(fmt::format(
        "analytical, not simulated: products one after the other, each takes {} of compute and "
        "memory, {} fill and drain; memory at its peak bandwidth, without latency; "
        "docs/analytical.md",
        sums ? "the sum" : "the longer", execution_.fill_and_drain ? "with" : "without"));
    result_.notes.push_back(
        execution_.refetch
            ? fmt::format("weights over {} and inputs over {} together are read again in parts",
                          base::to_string(execution_.refetch->weights),
                          base::to_string(execution_.refetch->inputs))
            : "every byte crosses the memory bus once, whatever the scratchpad holds");
    if (execution_.other_operators == lowering::OtherOperators::kFree) {
      result_.notes.emplace_back("operators that are no products take no time and no energy");
    }
    if (memory_.tier->cache) {
      result_.notes.push_back("memory." + memory_.name + " counts nothing of its cache");
    }
    if (const auto note = platform_.technology_note()) {
      result_.notes.push_back(*note);
    }
    if (!memory_.tier->transfer_energy_per_bit()) {
      result_.notes.push_back("memory." + memory_.name +
                              " counts no energy: it has no transfer_energy");
    }
  }

  [[nodiscard]] metrics::InvariantFacts facts() const {
    metrics::InvariantFacts facts;
    facts.seconds = result_.seconds();
    facts.latency = result_.latency;
    facts.total_energy_pj = result_.total_energy_pj();
    for (const metrics::EngineResult& engine : result_.engines) {
      metrics::InvariantFacts::Engine entry;
      entry.name = engine.name;
      entry.cycles = engine.cycles;
      facts.engines.push_back(std::move(entry));
      facts.peak_macs_per_second += static_cast<double>(array_.peak_macs) * engine.clock_hertz;
    }
    for (std::size_t i = 0; i < result_.layers.size(); ++i) {
      const LayerResult& layer = result_.layers[i];
      facts.layers.push_back({layer.name, products_[i].macs_useful, layer.macs_useful});
      facts.layers_latency += layer.latency;
      for (const auto& [component, picojoules] : layer.energy_pj) {
        facts.layers_energy_pj += picojoules;
      }
    }
    facts.tiers.push_back(tier_facts());
    return facts;
  }

  [[nodiscard]] metrics::InvariantFacts::Tier tier_facts() const {
    metrics::InvariantFacts::Tier tier;
    tier.name = memory_.name;
    std::int64_t transfers = 0;
    for (std::size_t i = 0; i < products_.size(); ++i) {
      tier.declared_bytes_read += estimates_[i].bytes_read * products_[i].count;
      tier.declared_bytes_written += estimates_[i].bytes_written * products_[i].count;
      transfers += products_[i].count;
    }
    tier.bytes_read = tier.most_bytes_read = result_.tiers.front().bytes_read;
    tier.bytes_written = tier.most_bytes_written = result_.tiers.front().bytes_written;
    tier.peak_bytes_per_second = result_.tiers.front().peak_bytes_per_second;
    if (execution_.memory_cycles == lowering::Rounding::kDown) {
      // Each transfer is shortened by less than a cycle.
      tier.most_bytes_beside_bus = transfers * base::ceil(memory_.bytes_per_cycle(array_clock_));
    }
    return tier;
  }

  const hardware::PlatformConfig& platform_;
  const ExecutionConfig& execution_;
  std::vector<Product> products_;
  ArrayForm array_;
  MemoryForm memory_;
  base::ClockDomain array_clock_;
  base::ClockDomain reference_clock_;
  std::vector<Estimate> estimates_;
  Cycle end_ = 0;  // of the array's clock
  RunResult result_;
};

}  // namespace

RunResult run(const hardware::PlatformConfig& platform, const workload::Workload& workload,
              const lowering::MappingConfig& mapping) {
  base::require_invariant(mapping.is_analytical(), "the mapping chooses closed forms",
                          workload.name);
  return AnalyticalRun(platform, workload, mapping).finish();
}

}  // namespace orrery::analytical
