// SPDX-License-Identifier: Apache-2.0
#include "timing/step_array_model.h"

#include <algorithm>

#include "base/error.h"
#include "base/integer.h"
#include "timing/systolic_loop_nest.h"

namespace orrery::timing {

using numeric::ElementType;

std::optional<Cycle> StepArrayModel::compute_cycles(ElementType b) const {
  for (const auto& [type, cycles] : b_types) {
    if (type == b) {
      return cycles;
    }
  }
  return std::nullopt;
}

bool StepArrayModel::takes(ElementType a, ElementType b) const {
  return std::find(a_types.begin(), a_types.end(), a) != a_types.end() &&
         compute_cycles(b).has_value() && scale_group(a, b) % shape.step.k == 0;
}

std::int64_t scale_group(ElementType a, ElementType b) {
  std::int64_t group = 0;
  for (const ElementType type : {a, b}) {
    if (numeric::is_block(type) && !numeric::is_table(type)) {
      const std::int64_t elements = numeric::block_elements(type);
      group = group == 0 ? elements : std::min(group, elements);
    }
  }
  return group;
}

StepCosts StepArrayModel::costs(const TileShape& tile, ElementType a, ElementType b) const {
  base::require_invariant(takes(a, b), "an array gets operands of types that it takes",
                          numeric::name(a) + " x " + numeric::name(b));
  const StepShape& step = shape.step;
  const std::int64_t m = std::min(tile.m, step.m);
  const std::int64_t n = std::min(tile.n, step.n);
  const std::int64_t k = std::min(tile.k, step.k);
  // With its share of what a block has beside its elements.
  const auto operand_bits = [](std::int64_t elements, ElementType type) {
    const base::Rational bits = numeric::bits_per_element(type);
    return base::divide_up(checked_product(elements, bits.numerator()), bits.denominator());
  };
  StepCosts costs;
  costs.compute = *compute_cycles(b);
  costs.a = port_cycles(operand_bits(m * k, a), ports.a);
  costs.b = port_cycles(operand_bits(k * n, b), ports.b);
  costs.group = scale_group(a, b);
  costs.dequantization = costs.group == 0 ? 0 : dequantization;
  costs.result = port_cycles(m * n * kStepSumBytes * 8, ports.result);
  return costs;
}

std::int64_t StepArrayModel::peak_macs() const {
  const auto fastest =
      std::min_element(b_types.begin(), b_types.end(),
                       [](const auto& x, const auto& y) { return x.second < y.second; });
  base::require_invariant(fastest != b_types.end(), "an array takes some weights", "step array");
  return base::divide_up(shape.step.m * shape.step.n * shape.step.k, fastest->second);
}

}  // namespace orrery::timing
