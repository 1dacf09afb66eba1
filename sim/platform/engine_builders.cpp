// SPDX-License-Identifier: Apache-2.0
#include "platform/engine_builders.h"

#include <functional>
#include <map>
#include <string>

#include "engine/dma.h"
#include "engine/pim_engine.h"
#include "engine/step_array_engine.h"
#include "engine/systolic_array.h"
#include "engine/vector_unit.h"
#include "hardware/pim_memory.h"

namespace orrery::platform {
namespace {

using Builder = std::function<std::unique_ptr<engine::Engine>(
    engine::EngineContext, const hardware::EngineConfig&, const EngineConnections&)>;

template <class Module, class Config>
std::unique_ptr<engine::Engine> build(engine::EngineContext context,
                                      const hardware::EngineConfig& config,
                                      const EngineConnections& /*connections*/) {
  return std::make_unique<Module>(std::move(context), dynamic_cast<const Config&>(config));
}

std::unique_ptr<engine::Engine> build_dma(engine::EngineContext context,
                                          const hardware::EngineConfig& config,
                                          const EngineConnections& connections) {
  return std::make_unique<engine::Dma>(std::move(context),
                                       dynamic_cast<const hardware::DmaConfig&>(config),
                                       connections.initiator, connections.tiers);
}

std::unique_ptr<engine::Engine> build_pim(engine::EngineContext context,
                                          const hardware::EngineConfig& config,
                                          const EngineConnections& connections) {
  std::vector<engine::PimTarget> targets;
  base::Rational peak = 0;
  for (command::PimMemory& memory : hardware::pim_memories_of(connections.platform)) {
    const hardware::TierConfig& tier = connections.platform.memory[memory.tier].second;
    engine::PimTarget target;
    target.port = dynamic_cast<memory::PimPort*>(connections.tiers[memory.tier]);
    target.commands = hardware::pim_command_indices(tier.dram);
    const base::Rational channels(static_cast<std::int64_t>(memory.channels()), config.count);
    const base::Rational clocks = context.clock.period() / tier.dram.tck;
    peak = std::max(peak, hardware::peak_pim_macs(tier.dram) * channels * clocks);
    target.memory = std::move(memory);
    targets.push_back(std::move(target));
  }
  return std::make_unique<engine::PimEngine>(
      std::move(context), dynamic_cast<const hardware::PimConfig&>(config), connections.initiator,
      std::move(targets), base::ceil(peak));
}

const std::map<std::string, Builder>& builders() {
  static const std::map<std::string, Builder> kBuilders{
      {"systolic_array", build<engine::SystolicArray, hardware::SystolicArrayConfig>},
      {"mac_array", build<engine::StepArrayEngine, hardware::StepArrayConfig>},
      {"bit_serial_array", build<engine::StepArrayEngine, hardware::StepArrayConfig>},
      {"lut_tensor_core", build<engine::StepArrayEngine, hardware::StepArrayConfig>},
      {"vector_unit", build<engine::VectorUnit, hardware::VectorUnitConfig>},
      {"dma", build_dma},
      {"pim", build_pim},
  };
  return kBuilders;
}

}  // namespace

std::unique_ptr<engine::Engine> build_engine(engine::EngineContext context,
                                             const hardware::EngineConfig& config,
                                             const EngineConnections& connections) {
  const auto found = builders().find(context.kind);
  base::require_invariant(found != builders().end(), "every engine kind has a module",
                          context.kind);
  return found->second(std::move(context), config, connections);
}

}  // namespace orrery::platform
