// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "command/command.h"
#include "timing/vector_timing.h"

namespace orrery::command {

// What a stage asks of one element. `before` are passes that must be over before the stage gives
// its first element; `last` is done as the element goes by.
struct StageWork {
  std::vector<timing::PassWork> before;
  timing::PassWork last;
};

// What there is to know of a kind of stage, save for its function on numbers.
struct VectorKindInfo {
  VectorKind kind;
  std::string name;    // in the text form
  bool takes_operand;  // a view of the same rows and columns
  bool reduces;        // gives one value a row
  StageWork work;      // docs/components/vector_unit.md
};

// In the order of VectorKind.
[[nodiscard]] const std::vector<VectorKindInfo>& vector_kinds();

[[nodiscard]] inline const VectorKindInfo& info(VectorKind kind) {
  return vector_kinds()[static_cast<std::size_t>(kind)];
}

// Whether the stage reads its operand.
[[nodiscard]] inline bool takes_operand(VectorKind kind) {
  return info(kind).takes_operand;
}

// Whether the stage gives one value a row.
[[nodiscard]] inline bool is_reduction(VectorKind kind) {
  return info(kind).reduces;
}

}  // namespace orrery::command
