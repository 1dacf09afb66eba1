// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/schema.h"

namespace orrery::workload {

// Where an imported graph comes from, and what the import covers: `nodes` is the sum of lowered,
// fused, views, folded, unused and ignored ones.
struct Origin {
  std::string format;  // "onnx"
  std::string file;
  config::Named<std::int64_t> dimensions;  // sizes given for free dimensions
  std::int64_t parameters = 0;             // learned elements that the model's file has
  std::int64_t nodes = 0;
  std::int64_t lowered = 0;               // nodes with operators of their own
  std::int64_t fused = 0;                 // part of a neighbour's operator
  std::int64_t views = 0;                 // move nothing
  std::int64_t folded = 0;                // constant, computed by the importer
  std::int64_t unused = 0;                // no output depends on them
  std::vector<std::string> ignored;       // left out at the user's wish: "name (operator)"
  config::Named<std::int64_t> operators;  // nodes by operator

  [[nodiscard]] static const config::Schema<Origin>& schema();

  // One line of what the import covers, without the ignored nodes' names.
  [[nodiscard]] std::string coverage() const;
};

}  // namespace orrery::workload
