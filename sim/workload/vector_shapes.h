// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "workload/shape_inference.h"

namespace orrery::workload {

using InputTensors = std::vector<const Tensor*>;

// The shapes of operators of the vector units, as infer_shape() gives them.
[[nodiscard]] InferredShape infer(const Elementwise& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Reduction& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Reshape& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Transpose& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Concatenation& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Slice& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Pad& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Expand& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Gather& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const Scatter& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const ChannelAffine& attributes, const InputTensors& inputs);
[[nodiscard]] InferredShape infer(const LinearRecurrence& attributes, const InputTensors& inputs);

// The shape of two operands that are broadcast against each other; nullopt where they cannot be.
[[nodiscard]] std::optional<Shape> broadcast_shape(const Shape& a, const Shape& b);

}  // namespace orrery::workload
