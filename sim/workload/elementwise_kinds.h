// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "workload/vector_attributes.h"

namespace orrery::workload {

struct ElementwiseInfo {
  ElementwiseKind kind;
  std::string name;  // in files
  bool is_binary;    // of two tensors, or a tensor and a scalar
  bool commutes;
  std::string formula;
};

// In the order of ElementwiseKind.
[[nodiscard]] const std::vector<ElementwiseInfo>& elementwise_kinds();

[[nodiscard]] inline const ElementwiseInfo& info(ElementwiseKind kind) {
  return elementwise_kinds()[static_cast<std::size_t>(kind)];
}

}  // namespace orrery::workload
