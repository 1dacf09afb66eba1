// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/engine.h"
#include "hardware/vector_unit_config.h"
#include "timing/vector_timing.h"

namespace orrery::engine {

// Executes VectorCommand, one at a time; docs/components/vector_unit.md.
class VectorUnit : public Engine {
 public:
  VectorUnit(EngineContext context, const hardware::VectorUnitConfig& config);

 protected:
  [[nodiscard]] std::optional<Cycle> ready_cycle(Cycle now_cycle) const override;
  std::optional<Cycle> start(const command::Command& command, Ticket ticket, Cycle cycle) override;

 private:
  timing::VectorCosts costs_;
  Cycle free_ = 0;
};

}  // namespace orrery::engine
