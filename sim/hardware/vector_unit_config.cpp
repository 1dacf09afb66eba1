// SPDX-License-Identifier: Apache-2.0
#include "hardware/vector_unit_config.h"

namespace orrery::hardware {

const config::Schema<VectorUnitConfig>& VectorUnitConfig::schema() {
  using Self = VectorUnitConfig;
  static const config::Schema<Self> kSchema =
      engine_schema<Self>("vector_unit", "Lanes for everything that is not a matrix product.")
          .required("lanes", &Self::lanes, config::integer(1, 65536), "Elements worked on at once.")
          .optional("chained_operations", &Self::chained_operations, config::integer(1, 16),
                    "Additions, multiplications and comparisons that a lane does one after the "
                    "other on an element within a cycle, as a write-out pipeline does.")
          .optional("latency", &Self::latency, config::integer(0, 1'000),
                    "Cycles from the first read of a pass to its first result.")
          .optional("exponential_cycles", &Self::exponential_cycles, config::integer(1, 64),
                    "Cycles of a lane for one exponential, tanh or logistic function.")
          .optional("divide_cycles", &Self::divide_cycles, config::integer(1, 64),
                    "Cycles of a lane for one division or square root.")
          .optional("read_port_bytes", &Self::read_port_bytes, config::integer(1, 65536),
                    "Bytes a cycle read from scratchpad or accumulators.")
          .optional("write_port_bytes", &Self::write_port_bytes, config::integer(1, 65536),
                    "Bytes a cycle written to the scratchpad.");
  return kSchema;
}

}  // namespace orrery::hardware
