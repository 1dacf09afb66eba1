// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace orrery::workload {

// What documentation and `orrery list operators` say of one alternative of Attributes.
struct OperatorKind {
  std::string name;       // as in files: "convolution"
  std::string functions;  // the values of its key `function`, "" where it has none
  std::string formula;
  std::string macs;  // multiply-accumulates counted as useful
};

// All kinds, in the order of Attributes.
[[nodiscard]] const std::vector<OperatorKind>& operator_kinds();

}  // namespace orrery::workload
