// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/engine_config.h"
#include "timing/dataflow.h"
#include "timing/row_stationary.h"
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
  // Of each processing element, for the row-stationary dataflow.
  std::int64_t input_registers = timing::RegisterFiles{}.inputs;
  std::int64_t filter_registers = timing::RegisterFiles{}.filters;
  std::int64_t partial_sum_registers = timing::RegisterFiles{}.partial_sums;
  timing::FoldConvention convention = timing::FoldConvention::kPipelined;

  [[nodiscard]] timing::RegisterFiles register_files() const {
    return {input_registers, filter_registers, partial_sum_registers};
  }

  [[nodiscard]] std::int64_t units() const override { return rows * columns; }

  [[nodiscard]] static const config::Schema<SystolicArrayConfig>& schema();
};

}  // namespace orrery::hardware
