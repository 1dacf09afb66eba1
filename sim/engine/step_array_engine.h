// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/engine.h"
#include "hardware/step_array_config.h"
#include "timing/step_array.h"

namespace orrery::engine {

// Executes ComputeTile in steps, whatever the kind of the array; docs/components/step_array.md.
class StepArrayEngine : public Engine {
 public:
  StepArrayEngine(EngineContext context, const hardware::StepArrayConfig& config);

  [[nodiscard]] std::int64_t peak_macs() const override { return model_.peak_macs(); }

 protected:
  [[nodiscard]] std::optional<Cycle> ready_cycle(Cycle now_cycle) const override;
  std::optional<Cycle> start(const command::Command& command, Ticket ticket, Cycle cycle) override;

 private:
  const hardware::StepArrayConfig& config_;
  timing::StepArrayModel model_;
  timing::StepArray array_;
  Cycle next_issue_ = 0;
};

}  // namespace orrery::engine
