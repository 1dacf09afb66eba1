// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hardware/step_array_config.h"

namespace orrery::hardware {

// Processing elements that take a term of each weight a cycle;
// docs/components/bit_serial_array.md.
struct BitSerialArrayConfig : StepArrayConfig {
  std::vector<numeric::ElementType> activations;
  TypeTable terms;  // of a weight, by its type

  [[nodiscard]] std::vector<numeric::ElementType> a_types() const override { return activations; }
  [[nodiscard]] TypeTable step_cycles() const override { return terms; }
  // "bit_serial.term." and the type of A, for each term of each product.
  [[nodiscard]] Operations operations(numeric::ElementType a, numeric::ElementType b,
                                      std::int64_t macs) const override;

  [[nodiscard]] static const config::Schema<BitSerialArrayConfig>& schema();
};

}  // namespace orrery::hardware
