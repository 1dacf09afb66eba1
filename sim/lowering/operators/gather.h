// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lowering/layer/layer.h"

namespace orrery::lowering {

// Rows of one tensor copied to successive rows of another, through the scratchpad.
struct GatherProblem {
  workload::TensorId source = workload::kNoTensor;
  workload::TensorId destination = workload::kNoTensor;
  std::int64_t rows = 1;       // of the destination
  std::int64_t row_bytes = 1;  // of both
  // Makes a function that gives the source row of destination rows 0, 1, 2, ... in turn.
  std::function<std::function<std::int64_t()>()> walk;
  std::string what;
  bool dependent = false;  // each row is asked for when the one before it has arrived
};

// One load a row, one store a block of rows. Null after a diagnostic where one row does not fit.
[[nodiscard]] std::unique_ptr<Layer> plan_gather(const LayerRequest& request,
                                                 const GatherProblem& problem);

}  // namespace orrery::lowering
