// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/engine.h"
#include "hardware/systolic_array_config.h"
#include "timing/systolic_pipeline.h"

namespace orrery::engine {

// Executes ComputeTile. Tiles follow each other through the grid as closely as its ports allow;
// docs/components/systolic_array.md.
class SystolicArray : public Engine {
 public:
  SystolicArray(EngineContext context, const hardware::SystolicArrayConfig& config);

  [[nodiscard]] std::int64_t peak_macs() const override { return config_.rows * config_.columns; }

 protected:
  [[nodiscard]] std::optional<Cycle> ready_cycle(Cycle now_cycle) const override;
  std::optional<Cycle> start(const command::Command& command, Ticket ticket, Cycle cycle) override;

 private:
  [[nodiscard]] timing::TileTiming issue(const command::ComputeTile& tile, Cycle cycle);

  hardware::SystolicArrayConfig config_;
  timing::SystolicPipeline pipeline_;
  Cycle next_issue_ = 0;
};

}  // namespace orrery::engine
