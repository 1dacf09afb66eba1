// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "workload/graph.h"

namespace orrery::workload {

using Shape = std::vector<std::int64_t>;

// "[1, 224, 224, 3]".
[[nodiscard]] std::string shape_text(const Shape& shape);

// Of a key or value cache of `batch` sequences.
[[nodiscard]] Shape cache_shape(const Attention& attention, std::int64_t batch,
                                std::int64_t head_size);

// The shape of an operator's output, or what is wrong with its inputs.
struct InferredShape {
  std::optional<Shape> shape;
  std::string message;
  std::string expected;
};

// Checks the inputs of an operator against the shapes stated in graph.h and gives the shape of its
// output. `tokens` is the leading part of an embedding's output, which no input tells; other kinds
// ignore it. Inputs have at least one dimension, all sizes are at least 1.
[[nodiscard]] InferredShape infer_shape(const Attributes& attributes,
                                        const std::vector<const Tensor*>& inputs,
                                        const Shape& tokens = {});

}  // namespace orrery::workload
