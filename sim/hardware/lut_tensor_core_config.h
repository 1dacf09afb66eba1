// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/step_array_config.h"

namespace orrery::hardware {

// Tables of signed sums of activations that the bits of the weights look up;
// docs/components/lut_tensor_core.md.
struct LutTensorCoreConfig : StepArrayConfig {
  static constexpr int kMostWeightBits = 16;

  numeric::ElementType table{};
  std::vector<numeric::ElementType> weights;
  base::Bytes table_capacity{1024};  // of the tables of a step, all arrays together

  [[nodiscard]] std::vector<numeric::ElementType> a_types() const override { return {table}; }
  // A cycle for each bit of a weight.
  [[nodiscard]] TypeTable step_cycles() const override;
  // "lut.lookup." and the type of an entry, for each table and bit of a weight.
  [[nodiscard]] Operations operations(numeric::ElementType a, numeric::ElementType b,
                                      std::int64_t macs) const override;
  [[nodiscard]] std::int64_t units() const override { return arrays_m * arrays_n; }

  [[nodiscard]] static const config::Schema<LutTensorCoreConfig>& schema();
};

}  // namespace orrery::hardware
