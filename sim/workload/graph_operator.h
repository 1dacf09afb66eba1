// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "workload/graph_builder.h"

namespace orrery::workload {

// One entry of `operators:` in a workload file of kind graph; one derived struct for each kind.
struct GraphOperator {
  std::string name;
  std::vector<std::string> inputs;
  std::optional<numeric::ElementType> output_type;
  std::optional<numeric::ElementType> weight_type;
  base::SourcePosition where;

  virtual ~GraphOperator() = default;
  // Adds the operator and its parameters. `x` holds the tensors of `inputs`, as many.
  virtual void add_to(GraphBuilder& builder, const std::vector<TensorId>& x) const = 0;

  [[nodiscard]] PartOptions options() const {
    return {where, "workload.operators", output_type, weight_type};
  }
};

using GraphOperatorPointer = std::shared_ptr<const GraphOperator>;

[[nodiscard]] const config::Codec<GraphOperatorPointer>& graph_operator_codec();

}  // namespace orrery::workload
