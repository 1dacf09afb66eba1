// SPDX-License-Identifier: Apache-2.0
#include "hardware/bit_serial_array_config.h"
#include "hardware/dma_config.h"
#include "hardware/engine_config.h"
#include "hardware/lut_tensor_core_config.h"
#include "hardware/mac_array_config.h"
#include "hardware/pim_config.h"
#include "hardware/systolic_array_config.h"
#include "hardware/vector_unit_config.h"

namespace orrery::hardware {

const std::vector<config::Kind<EngineConfig>>& engine_kinds() {
  static const std::vector<config::Kind<EngineConfig>> kKinds{
      config::make_kind<EngineConfig>("systolic_array", SystolicArrayConfig::schema()),
      config::make_kind<EngineConfig>("mac_array", MacArrayConfig::schema()),
      config::make_kind<EngineConfig>("bit_serial_array", BitSerialArrayConfig::schema()),
      config::make_kind<EngineConfig>("lut_tensor_core", LutTensorCoreConfig::schema()),
      config::make_kind<EngineConfig>("vector_unit", VectorUnitConfig::schema()),
      config::make_kind<EngineConfig>("dma", DmaConfig::schema()),
      config::make_kind<EngineConfig>("pim", PimConfig::schema()),
  };
  return kKinds;
}

std::string kind_of(const EngineConfig& config) {
  for (const config::Kind<EngineConfig>& kind : engine_kinds()) {
    if (kind.write(config)) {
      return kind.name;
    }
  }
  throw base::InternalError("every engine is of a registered kind", "kind_of");
}

}  // namespace orrery::hardware
