// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/engine_config.h"
#include "timing/dataflow.h"
#include "timing/systolic_types.h"

namespace orrery::hardware {

// docs/components/systolic_array.md
struct SystolicArrayConfig : EngineConfig {
  std::int64_t rows = 128;
  std::int64_t columns = 128;
  std::vector<timing::Dataflow> dataflows{timing::Dataflow::kWeightStationary,
                                          timing::Dataflow::kOutputStationary,
                                          timing::Dataflow::kInputStationary};
  base::Bytes accumulator_capacity{1 << 20};  // of partial sums, for each array
  std::int64_t stream_port_bytes = 256;  // per cycle, of the operand that enters at the left edge
  std::int64_t stationary_port_bytes =
      256;  // per cycle, of the operand that enters at the top edge
  timing::FoldConvention convention = timing::FoldConvention::kPipelined;

  [[nodiscard]] static const config::Schema<SystolicArrayConfig>& schema();
};

}  // namespace orrery::hardware
