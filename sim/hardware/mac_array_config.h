// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/step_array_config.h"

namespace orrery::hardware {

// Multipliers and adder trees; docs/components/mac_array.md.
struct MacArrayConfig : StepArrayConfig {
  std::vector<numeric::ElementType> activations;
  TypeTable cycles;  // of a step, by the type of B

  [[nodiscard]] std::vector<numeric::ElementType> a_types() const override { return activations; }
  [[nodiscard]] TypeTable step_cycles() const override { return cycles; }
  // "mac." and the wider of the types.
  [[nodiscard]] Operations operations(numeric::ElementType a, numeric::ElementType b,
                                      std::int64_t macs) const override;
  [[nodiscard]] bool registers_apart() const override { return operation.empty(); }

  [[nodiscard]] static const config::Schema<MacArrayConfig>& schema();
};

}  // namespace orrery::hardware
