// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "numeric/element_type.h"
#include "timing/step_array.h"

namespace orrery::timing {

// Bytes a cycle.
struct StepPorts {
  std::int64_t a = 64;
  std::int64_t b = 64;
  std::int64_t result = 64;
  bool operator==(const StepPorts&) const = default;
};

// What an array of steps needs for which operands: all that its kinds differ in.
struct StepArrayModel {
  StepArrayShape shape;
  StepPorts ports;
  std::vector<numeric::ElementType> a_types;                    // that A may have
  std::vector<std::pair<numeric::ElementType, Cycle>> b_types;  // and B, with the cycles of a step
  Cycle dequantization = 0;  // of a block of sums at the end of a group that shares a scale

  // Of a step with such a B; none where the array does not take it.
  [[nodiscard]] std::optional<Cycle> compute_cycles(numeric::ElementType b) const;
  [[nodiscard]] bool takes(numeric::ElementType a, numeric::ElementType b) const;
  // InternalError where the array does not take the types.
  [[nodiscard]] StepCosts costs(const TileShape& tile, numeric::ElementType a,
                                numeric::ElementType b) const;
  // Multiply-accumulates a cycle with the B of the fewest cycles, rounded up.
  [[nodiscard]] std::int64_t peak_macs() const;
  bool operator==(const StepArrayModel&) const = default;
};

// Elements of k whose products share one scale; 0: all. A table's scale is that of one step.
[[nodiscard]] std::int64_t scale_group(numeric::ElementType a, numeric::ElementType b);

// Bytes of the sums in the accumulators, int32 or fp32.
inline constexpr std::int64_t kStepSumBytes = 4;

}  // namespace orrery::timing
