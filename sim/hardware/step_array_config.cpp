// SPDX-License-Identifier: Apache-2.0
#include "hardware/step_array_config.h"

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

void check_step_array(const StepArrayConfig& /*array*/, const config::Node& /*node*/,
                      config::Reader& /*reader*/) {}

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
