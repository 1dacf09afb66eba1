// SPDX-License-Identifier: Apache-2.0
#include "hardware/dma_config.h"
#include "hardware/platform_config.h"
#include "hardware/systolic_array_config.h"
#include "hardware/vector_unit_config.h"
#include "lowering/machine.h"

namespace orrery::lowering {
namespace {

using hardware::DmaConfig;
using hardware::DmaRole;
using hardware::SystolicArrayConfig;
using hardware::VectorUnitConfig;

bool alike(const Machine::Array& a, const Machine::Array& b) {
  return a.rows == b.rows && a.columns == b.columns && a.accumulator_bytes == b.accumulator_bytes &&
         a.folds_overlap == b.folds_overlap;
}

void add_array(const SystolicArrayConfig& config, command::EngineIndex engine, Machine& machine) {
  Machine::Array array;
  array.engine = engine;
  array.rows = config.rows;
  array.columns = config.columns;
  array.accumulator_bytes = config.accumulator_capacity.value;
  array.stream_port_bytes = config.stream_port_bytes;
  array.stationary_port_bytes = config.stationary_port_bytes;
  array.dataflows = config.dataflows;
  array.folds_overlap = config.convention == timing::FoldConvention::kPipelined;
  if (machine.arrays.empty() || alike(machine.arrays.front(), array)) {
    machine.arrays.push_back(std::move(array));
  }
}

void add_dma(const DmaConfig& config, command::EngineIndex engine, Machine& machine) {
  if (config.role != DmaRole::kStore) {
    machine.load_engines.push_back(engine);
  }
  if (config.role != DmaRole::kLoad) {
    machine.store_engines.push_back(engine);
  }
}

// The clock in whose cycles a machine is described.
base::Frequency reference(const hardware::PlatformConfig& platform) {
  for (const auto& [name, engine] : platform.engines) {
    if (dynamic_cast<const SystolicArrayConfig*>(engine.get()) != nullptr) {
      return platform.clock(engine->clock);
    }
  }
  return platform.clock(platform.engines.front().second->clock);
}

Machine::Tier tier_of(const std::string& name, const hardware::TierConfig& config,
                      const base::Frequency& clock) {
  Machine::Tier tier;
  tier.name = name;
  tier.capacity = config.capacity();
  if (config.model == hardware::MemoryModel::kIdeal) {
    tier.bytes_per_cycle = 0;
    return tier;
  }
  // bytes / (burst cycles * tck) over edges a second: exact, and small enough for 64 bits because
  // clocks and tck are read with at most nine digits.
  const base::Rational bytes(config.channels * config.dram.data_buses() *
                             config.dram.access_bytes);
  const base::Rational burst = config.dram.tck * base::Rational(config.dram.burst_cycles);
  tier.bytes_per_cycle = bytes * clock.clock().period() / burst;
  return tier;
}

}  // namespace

Machine machine_from(const hardware::PlatformConfig& platform) {
  Machine machine;
  machine.name = platform.name;
  const auto instances = platform.instances();
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const auto engine = static_cast<command::EngineIndex>(i);
    const hardware::EngineConfig* config = instances[i].config.get();
    machine.engines.push_back(instances[i].name);
    if (const auto* array = dynamic_cast<const SystolicArrayConfig*>(config)) {
      add_array(*array, engine, machine);
    } else if (const auto* vector = dynamic_cast<const VectorUnitConfig*>(config)) {
      machine.vector_units.push_back({engine, vector->costs()});
    } else if (const auto* dma = dynamic_cast<const DmaConfig*>(config)) {
      add_dma(*dma, engine, machine);
    }
  }
  machine.scratchpad_bytes = platform.scratchpad.capacity.value;
  const base::Frequency clock = reference(platform);
  for (const auto& [name, tier] : platform.memory) {
    machine.tiers.push_back(tier_of(name, tier, clock));
  }
  return machine;
}

}  // namespace orrery::lowering
