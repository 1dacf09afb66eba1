// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "hardware/dma_config.h"
#include "hardware/pim_config.h"
#include "hardware/pim_memory.h"
#include "hardware/pim_meter.h"
#include "hardware/platform_config.h"
#include "hardware/step_array_config.h"
#include "hardware/systolic_array_config.h"
#include "hardware/vector_unit_config.h"
#include "lowering/machine/machine.h"

namespace orrery::lowering {
namespace {

using hardware::PlatformConfig;

class MachineBuilder {
 public:
  explicit MachineBuilder(const PlatformConfig& platform) : platform_(platform) {
    machine_.name = platform.name;
    machine_.scratchpad_bytes = platform.scratchpad.capacity.value;
    machine_.partitions = platform.scratchpad.partitions;
    machine_.partition_bytes = machine_.scratchpad_bytes;
  }

  Machine build() {
    for (const PlatformConfig::Instance& instance : platform_.instances()) {
      const auto index = static_cast<command::EngineIndex>(machine_.engines.size());
      machine_.engines.push_back(instance.name);
      machine_.keys.push_back(instance.key);
      machine_.partition_step.push_back(
          static_cast<command::EngineIndex>(platform_.count_in_partition(*instance.config)));
      if (instance.partition > 0) {
        continue;
      }
      const hardware::EngineConfig* config = instance.config.get();
      if (const auto* array = dynamic_cast<const hardware::SystolicArrayConfig*>(config)) {
        add_array(index, *array);
      } else if (const auto* steps = dynamic_cast<const hardware::StepArrayConfig*>(config)) {
        add_step_array(index, *steps);
      } else if (const auto* unit = dynamic_cast<const hardware::VectorUnitConfig*>(config)) {
        machine_.vector_units.push_back({index, unit->costs()});
      } else if (const auto* dma = dynamic_cast<const hardware::DmaConfig*>(config)) {
        add_dma(index, *dma);
      } else if (dynamic_cast<const hardware::PimConfig*>(config) != nullptr) {
        machine_.pim_engines.push_back(index);
      }
    }
    add_tiers();
    return std::move(machine_);
  }

 private:
  void add_array(command::EngineIndex index, const hardware::SystolicArrayConfig& config) {
    const Machine::Array array{index,
                               config.rows,
                               config.columns,
                               config.accumulator_capacity.value,
                               config.stream_port_bytes,
                               config.stationary_port_bytes,
                               config.dataflows,
                               config.convention == timing::FoldConvention::kPipelined,
                               config.register_files()};
    add(array);
  }

  void add_step_array(command::EngineIndex index, const hardware::StepArrayConfig& config) {
    Machine::Array array;
    array.engine = index;
    array.steps = std::make_shared<const timing::StepArrayModel>(config.model());
    array.rows = array.steps->shape.step.m;
    array.columns = array.steps->shape.step.n;
    array.accumulator_bytes = config.accumulator_capacity.value;
    array.dataflows = {timing::Dataflow::kOutputStationary};
    add(array);
  }

  void add(const Machine::Array& array) {
    if (machine_.arrays.empty() || array.is_like(machine_.arrays.front())) {
      machine_.arrays.push_back(array);
    } else {
      machine_.other_arrays.push_back(array);
    }
  }

  void add_dma(command::EngineIndex index, const hardware::DmaConfig& config) {
    if (config.role != hardware::DmaRole::kStore) {
      machine_.load_transfers =
          (machine_.load_engines.empty() ? 0 : machine_.load_transfers) + config.transfers;
      machine_.load_engines.push_back(index);
    }
    if (config.role != hardware::DmaRole::kLoad) {
      machine_.store_engines.push_back(index);
    }
  }

  // The clock in which estimates count.
  [[nodiscard]] base::Rational clock_hertz() const {
    for (const bool want_array : {true, false}) {
      for (const PlatformConfig::Instance& instance : platform_.instances()) {
        const auto* config = instance.config.get();
        const bool is_array =
            dynamic_cast<const hardware::SystolicArrayConfig*>(config) != nullptr ||
            dynamic_cast<const hardware::StepArrayConfig*>(config) != nullptr;
        const bool is_unit = dynamic_cast<const hardware::VectorUnitConfig*>(config) != nullptr;
        if (want_array ? is_array : is_unit) {
          return platform_.clock(config->clock).hertz;
        }
      }
    }
    return {1'000'000'000};
  }

  // Bytes a cycle in parts of a 1024th: enough for an estimate, and small enough to multiply.
  [[nodiscard]] base::Rational bytes_per_cycle(double bytes_per_second) const {
    constexpr std::int64_t kParts = 1024;
    const double rate = bytes_per_second / base::to_double(clock_hertz());
    return {std::max<std::int64_t>(std::llround(rate * static_cast<double>(kParts)), 1), kParts};
  }
  [[nodiscard]] base::Rational bytes_per_cycle(const hardware::TierConfig& tier) const {
    return tier.model == hardware::MemoryModel::kIdeal ? base::Rational(0)
                                                       : bytes_per_cycle(tier.peak_bandwidth());
  }

  // Of a lone miss, beside the memory's own.
  [[nodiscard]] static base::Rational cache_latency(const hardware::TierConfig& tier) {
    return tier.cache
               ? tier.cache->miss_latency.femtoseconds + tier.cache->fill_latency.femtoseconds
               : base::Rational(0);
  }

  // Fabric there and back, and the memory's own.
  [[nodiscard]] std::int64_t latency_cycles(const hardware::TierConfig& tier) const {
    if (tier.model == hardware::MemoryModel::kIdeal) {
      return 0;
    }
    const double femtoseconds = base::to_double(platform_.fabric.request_latency.femtoseconds +
                                                platform_.fabric.response_latency.femtoseconds) +
                                base::to_double(tier.read_latency() + cache_latency(tier));
    return std::llround(femtoseconds * base::to_double(clock_hertz()) /
                        static_cast<double>(base::kFemtosecondsPerSecond));
  }

  [[nodiscard]] std::shared_ptr<const PimCosts> pim_costs(const command::PimMemory& memory,
                                                          const hardware::TierConfig& tier) const {
    const hardware::PimMeter meter(tier);
    // tCK in cycles of the estimates.
    const base::Rational cycle = clock_hertz() * tier.dram.tck / base::kFemtosecondsPerSecond;
    return measure_pim_costs(memory, cycle, [&](const std::vector<command::PimProgram>& programs) {
      return meter.cycles(programs);
    });
  }

  void add_tiers() {
    for (const auto& [name, tier] : platform_.memory) {
      Machine::Tier entry;
      entry.name = name;
      entry.capacity = tier.capacity();
      entry.bytes_per_cycle = bytes_per_cycle(tier);
      entry.channels = tier.total_channels();
      entry.interleave = tier.interleave.value;
      entry.hashes_channels = tier.hashes_channels();
      entry.page_bytes = tier.page_bytes();
      entry.latency_cycles = latency_cycles(tier);
      entry.is_link = tier.storage && tier.storage->link;
      entry.access_bytes = tier.access_bytes();
      if (tier.cache && machine_.partitions > 1) {
        const hardware::CacheConfig& cache = *tier.cache;
        entry.cache_bytes = cache.capacity.value;
        entry.cache_bytes_per_cycle =
            bytes_per_cycle(static_cast<double>(cache.slices * cache.slice_bytes) *
                            base::to_double(platform_.clock(cache.clock).hertz));
      }
      machine_.tiers.push_back(std::move(entry));
    }
    for (command::PimMemory& memory : hardware::pim_memories_of(platform_)) {
      Machine::Tier& tier = machine_.tiers[memory.tier];
      tier.pim = std::make_shared<const command::PimMemory>(std::move(memory));
      tier.pim_types = platform_.memory[tier.pim->tier].second.dram.multiplies;
      tier.pim_costs = pim_costs(*tier.pim, platform_.memory[tier.pim->tier].second);
    }
  }

  const PlatformConfig& platform_;
  Machine machine_;
};

}  // namespace

Machine machine_from(const PlatformConfig& platform) {
  return MachineBuilder(platform).build();
}

}  // namespace orrery::lowering
