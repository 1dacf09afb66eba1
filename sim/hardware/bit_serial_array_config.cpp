// SPDX-License-Identifier: Apache-2.0
#include "hardware/bit_serial_array_config.h"

namespace orrery::hardware {

StepArrayConfig::Operations BitSerialArrayConfig::operations(numeric::ElementType a,
                                                             numeric::ElementType b,
                                                             std::int64_t macs) const {
  return {operation.empty() ? "bit_serial.term." + numeric::name(a) : operation,
          macs * model().compute_cycles(b).value_or(1)};
}

const config::Schema<BitSerialArrayConfig>& BitSerialArrayConfig::schema() {
  using Self = BitSerialArrayConfig;
  static const config::Schema<Self> kSchema =
      step_array_schema<Self>("bit_serial_array",
                              "Processing elements that multiply m x n x k elements in a step, "
                              "one term of every weight a cycle, and keep their sums.")
          .required("activations", &Self::activations,
                    config::list(numeric::element_type_codec(), 1), "Types that A may have.")
          .required("terms", &Self::terms, type_table(1, 64),
                    "Types that B may have, with the terms of a weight of each: the cycles of a "
                    "step.");
  return kSchema;
}

}  // namespace orrery::hardware
