// SPDX-License-Identifier: Apache-2.0
#include "hardware/step_array_config.h"

#include <fmt/format.h>

namespace orrery::hardware {

timing::StepArrayModel StepArrayConfig::model() const {
  timing::StepArrayModel model;
  model.shape = {{m * arrays_m, n * arrays_n, k}, held, sum_blocks, latency};
  model.ports = {a_port_bytes, b_port_bytes, result_port_bytes};
  model.a_types = a_types();
  model.b_types = step_cycles();
  model.dequantization = dequantization_cycles;
  return model;
}

void check_step_array(const StepArrayConfig& array, const config::Node& node,
                      config::Reader& reader) {
  std::vector<numeric::ElementType> types = array.a_types();
  for (const auto& [type, cycles] : array.step_cycles()) {
    types.push_back(type);
  }
  for (const numeric::ElementType type : types) {
    const std::int64_t group = timing::scale_group(type, type);
    if (group % array.k != 0) {
      const config::Node* const k = node.find("k");
      reader.error(k != nullptr ? k->where() : node.where(),
                   fmt::format("groups of {} elements of {} do not divide into steps of {}", group,
                               numeric::name(type), array.k),
                   fmt::format("k that divides {}", group));
    }
  }
}

namespace detail {

const config::EnumTable<timing::HeldOperand>& held_operand_names() {
  static const config::EnumTable<timing::HeldOperand> kNames = [] {
    config::EnumTable<timing::HeldOperand> names;
    for (const auto& [value, name] : timing::kHeldOperandNames) {
      names.emplace_back(std::string(name), value);
    }
    return names;
  }();
  return kNames;
}

}  // namespace detail

}  // namespace orrery::hardware
