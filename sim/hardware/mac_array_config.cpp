// SPDX-License-Identifier: Apache-2.0
#include "hardware/mac_array_config.h"

namespace orrery::hardware {

StepArrayConfig::Operations MacArrayConfig::operations(numeric::ElementType a,
                                                       numeric::ElementType b,
                                                       std::int64_t macs) const {
  const auto wider = numeric::code_bits(a) >= numeric::code_bits(b) ? a : b;
  return {operation.empty() ? "mac." + numeric::name(wider) : operation, macs};
}

const config::Schema<MacArrayConfig>& MacArrayConfig::schema() {
  using Self = MacArrayConfig;
  static const config::Schema<Self> kSchema =
      step_array_schema<Self>("mac_array",
                              "Multipliers and adder trees that multiply a block of m x n x k in "
                              "a step and keep its sums.")
          .required("activations", &Self::activations,
                    config::list(numeric::element_type_codec(), 1), "Types that A may have.")
          .required("cycles", &Self::cycles, type_table(1, 65536),
                    "Types that B may have, with the cycles of a step for each.");
  return kSchema;
}

}  // namespace orrery::hardware
