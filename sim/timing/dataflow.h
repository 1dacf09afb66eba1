// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "config/codec.h"

namespace orrery::timing {

// What stays in the processing elements while the rest streams; docs/components/systolic_array.md
// has the loop nest of each.
enum class Dataflow : std::uint8_t { kOutputStationary, kWeightStationary, kInputStationary };

// os, ws, is.
[[nodiscard]] inline const config::EnumTable<Dataflow>& dataflow_names() {
  static const config::EnumTable<Dataflow> kNames{{"os", Dataflow::kOutputStationary},
                                                  {"ws", Dataflow::kWeightStationary},
                                                  {"is", Dataflow::kInputStationary}};
  return kNames;
}

}  // namespace orrery::timing
