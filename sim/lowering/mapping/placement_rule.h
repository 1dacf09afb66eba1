// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/schema.h"
#include "workload/graph.h"

namespace orrery::lowering {

// Where tensors go: the first rule that matches a tensor gives the tiers it may lie in.
struct PlacementRule {
  std::string tensors = "*";  // pattern of names; * stands for any text, ? for one letter
  std::optional<workload::TensorRole> role;  // absent: any
  std::vector<std::string> tiers;            // tried in this order
  base::SourcePosition where;

  [[nodiscard]] bool matches(const workload::Tensor& tensor) const;
  [[nodiscard]] static const config::Schema<PlacementRule>& schema();
};

}  // namespace orrery::lowering
