// SPDX-License-Identifier: Apache-2.0
#include "workload/vector_shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "workload/checked_size.h"
#include "workload/elementwise_kinds.h"

namespace orrery::workload {
namespace {

InferredShape wrong(std::string message, std::string expected) {
  return {std::nullopt, std::move(message), std::move(expected)};
}

InferredShape right(Shape shape) {
  return {std::move(shape), "", ""};
}

InferredShape wrong_shape(const Tensor& input, std::string expected) {
  return wrong(fmt::format("input '{}' has the shape {}", input.name, shape_text(input.shape)),
               std::move(expected));
}

InferredShape wrong_axis(std::int64_t axis, std::size_t rank) {
  return wrong(fmt::format("axis {} of {} dimensions", axis, rank),
               fmt::format("0 to {}", rank - 1));
}

bool is_axis(std::int64_t axis, std::size_t rank) {
  return axis >= 0 && axis < static_cast<std::int64_t>(rank);
}

InferredShape wrong_count(const char* key, std::size_t found, std::size_t rank) {
  return wrong(fmt::format("'{}' has {} numbers", key, found),
               fmt::format("{}, one for each dimension", rank));
}

// The indices that lie outside `size` rows, as a message.
std::optional<InferredShape> wrong_index(const std::vector<std::int64_t>& indices,
                                         std::int64_t size) {
  for (const std::int64_t index : indices) {
    if (index < 0 || index >= size) {
      return wrong(fmt::format("index {} of {}", index, size), fmt::format("0 to {}", size - 1));
    }
  }
  return std::nullopt;
}

bool fits_one(const Shape& shape) {
  CheckedSize count(1);
  for (const std::int64_t size : shape) {
    count = count * size;
  }
  return count.fits();
}

}  // namespace

std::optional<Shape> broadcast_shape(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 1; i <= result.size(); ++i) {
    const std::int64_t x = i <= a.size() ? a[a.size() - i] : 1;
    const std::int64_t y = i <= b.size() ? b[b.size() - i] : 1;
    if (x != y && x != 1 && y != 1) {
      return std::nullopt;
    }
    result[result.size() - i] = x == 1 ? y : x;
  }
  return result;
}

InferredShape infer(const Elementwise& attributes, const InputTensors& inputs) {
  const ElementwiseInfo& kind = info(attributes.kind);
  const std::size_t wanted = kind.is_binary && !attributes.scalar ? 2 : 1;
  if (inputs.size() != wanted) {
    return wrong(fmt::format("{} inputs", inputs.size()), fmt::format("{}", wanted));
  }
  if (attributes.scalar && !kind.is_binary) {
    return wrong(fmt::format("'{}' takes no scalar", kind.name), "a function of two operands");
  }
  if (attributes.kind == ElementwiseKind::kClip &&
      attributes.parameters[0] > attributes.parameters[1]) {
    return wrong(
        fmt::format("clip from {} to {}", attributes.parameters[0], attributes.parameters[1]),
        "low of at most high");
  }
  if (wanted == 1) {
    return right(inputs[0]->shape);
  }
  auto shape = broadcast_shape(inputs[0]->shape, inputs[1]->shape);
  if (!shape) {
    return wrong_shape(*inputs[1], fmt::format("the shape of '{}', {}, or 1 in its place",
                                               inputs[0]->name, shape_text(inputs[0]->shape)));
  }
  return right(std::move(*shape));
}

InferredShape infer(const Reduction& attributes, const InputTensors& inputs) {
  const Shape& x = inputs[0]->shape;
  if (attributes.axes.empty()) {
    return wrong("no axes", "at least one");
  }
  for (std::size_t i = 0; i < attributes.axes.size(); ++i) {
    if (!is_axis(attributes.axes[i], x.size())) {
      return wrong_axis(attributes.axes[i], x.size());
    }
    if (i > 0 && attributes.axes[i] <= attributes.axes[i - 1]) {
      return wrong("axes that do not ascend", "each axis once, ascending");
    }
  }
  Shape result;
  for (std::size_t d = 0; d < x.size(); ++d) {
    const bool reduced = std::find(attributes.axes.begin(), attributes.axes.end(),
                                   static_cast<std::int64_t>(d)) != attributes.axes.end();
    if (!reduced || attributes.keep_dimensions) {
      result.push_back(reduced ? 1 : x[d]);
    }
  }
  if (result.empty()) {
    result.push_back(1);
  }
  return right(std::move(result));
}

InferredShape infer(const Reshape& attributes, const InputTensors& inputs) {
  const Tensor& x = *inputs[0];
  Tensor y = x;
  y.shape = attributes.shape;
  if (!fits_one(y.shape) || y.elements() != x.elements()) {
    return wrong(fmt::format("{} into {}", shape_text(x.shape), shape_text(y.shape)),
                 "as many elements");
  }
  // Rows of packed elements that are filled up do not follow each other without a gap.
  const int bits = numeric::bits(x.type);
  if (x.shape.back() != y.shape.back() &&
      (x.shape.back() * bits % 8 != 0 || y.shape.back() * bits % 8 != 0)) {
    return wrong(fmt::format("{} of {} into {}", shape_text(x.shape), numeric::name(x.type),
                             shape_text(y.shape)),
                 "rows of whole bytes, or the same last dimension");
  }
  return right(y.shape);
}

InferredShape infer(const Transpose& attributes, const InputTensors& inputs) {
  const Shape& x = inputs[0]->shape;
  Shape sorted = attributes.permutation;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t d = 0; d < std::max(sorted.size(), x.size()); ++d) {
    if (sorted.size() != x.size() || sorted[d] != static_cast<std::int64_t>(d)) {
      return wrong(fmt::format("the permutation {}", shape_text(attributes.permutation)),
                   fmt::format("each of 0 to {} once", x.size() - 1));
    }
  }
  Shape result;
  for (const std::int64_t d : attributes.permutation) {
    result.push_back(x[static_cast<std::size_t>(d)]);
  }
  return right(std::move(result));
}

InferredShape infer(const Concatenation& attributes, const InputTensors& inputs) {
  Shape result = inputs[0]->shape;
  if (!is_axis(attributes.axis, result.size())) {
    return wrong_axis(attributes.axis, result.size());
  }
  const auto axis = static_cast<std::size_t>(attributes.axis);
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Shape other = inputs[i]->shape;
    const std::int64_t size = other.size() == result.size() ? other[axis] : 0;
    if (size > 0) {
      other[axis] = result[axis];
    }
    if (other != result) {
      return wrong_shape(*inputs[i], fmt::format("that of '{}' save for axis {}", inputs[0]->name,
                                                 attributes.axis));
    }
    result[axis] += size;
  }
  return right(std::move(result));
}

InferredShape infer(const Slice& attributes, const InputTensors& inputs) {
  const Shape& x = inputs[0]->shape;
  for (const auto& [key, list] :
       {std::pair{"starts", &attributes.starts}, std::pair{"sizes", &attributes.sizes},
        std::pair{"steps", &attributes.steps}}) {
    if (list->size() != x.size()) {
      return wrong_count(key, list->size(), x.size());
    }
  }
  for (std::size_t d = 0; d < x.size(); ++d) {
    const std::int64_t last =
        attributes.starts[d] + (attributes.sizes[d] - 1) * attributes.steps[d];
    if (attributes.steps[d] == 0) {
      return wrong("a step of 0", "another step");
    }
    for (const std::int64_t end : {attributes.starts[d], last}) {
      if (end < 0 || end >= x[d]) {
        return wrong(fmt::format("element {} of dimension {} with {} elements", end, d, x[d]),
                     "a slice inside the tensor");
      }
    }
  }
  return right(attributes.sizes);
}

InferredShape infer(const Pad& attributes, const InputTensors& inputs) {
  Shape result = inputs[0]->shape;
  for (const auto& [key, list] :
       {std::pair{"before", &attributes.before}, std::pair{"after", &attributes.after}}) {
    if (list->size() != result.size()) {
      return wrong_count(key, list->size(), result.size());
    }
    for (std::size_t d = 0; d < result.size(); ++d) {
      result[d] += (*list)[d];
    }
  }
  return right(std::move(result));
}

InferredShape infer(const Expand& attributes, const InputTensors& inputs) {
  const auto shape = broadcast_shape(inputs[0]->shape, attributes.shape);
  if (!shape || *shape != attributes.shape) {
    return wrong_shape(*inputs[0],
                       fmt::format("one that {} repeats", shape_text(attributes.shape)));
  }
  return right(attributes.shape);
}

InferredShape infer(const Gather& attributes, const InputTensors& inputs) {
  Shape result = inputs[0]->shape;
  if (!is_axis(attributes.axis, result.size())) {
    return wrong_axis(attributes.axis, result.size());
  }
  std::int64_t& size = result[static_cast<std::size_t>(attributes.axis)];
  if (auto mistake = wrong_index(attributes.indices, size)) {
    return *mistake;
  }
  const auto listed = static_cast<std::int64_t>(attributes.indices.size());
  if ((listed == 0) == (attributes.count == 0)) {
    return wrong(fmt::format("{} indices and a count of {}", listed, attributes.count),
                 "either indices or a count");
  }
  size = listed + attributes.count;
  return right(std::move(result));
}

InferredShape infer(const Scatter& attributes, const InputTensors& inputs) {
  const Shape& x = inputs[0]->shape;
  Shape updates = x;
  updates[0] = attributes.indices.empty() ? inputs[1]->shape[0]
                                          : static_cast<std::int64_t>(attributes.indices.size());
  if (inputs[1]->shape != updates) {
    return wrong_shape(*inputs[1], shape_text(updates));
  }
  if (auto mistake = wrong_index(attributes.indices, x[0])) {
    return *mistake;
  }
  return right(x);
}

InferredShape infer(const ChannelAffine& /*attributes*/, const InputTensors& inputs) {
  const Shape& x = inputs[0]->shape;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i]->shape != Shape{x.back()}) {
      return wrong_shape(*inputs[i], shape_text({x.back()}));
    }
  }
  return right(x);
}

InferredShape infer(const LinearRecurrence& attributes, const InputTensors& inputs) {
  const std::int64_t batch = inputs[0]->shape[0];
  const Shape key{batch, attributes.length, attributes.heads * attributes.key_size};
  const Shape value{batch, attributes.length, attributes.heads * attributes.value_size};
  const Shape head{batch, attributes.length, attributes.heads};
  const Shape state{batch, attributes.heads, attributes.key_size, attributes.value_size};
  const bool gates_keys = inputs[3]->shape == key;
  const std::vector<const Shape*> wanted{&key, &key, &value, gates_keys ? &key : &head, &state};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (inputs[i]->shape != *wanted[i]) {
      return wrong_shape(*inputs[i], shape_text(*wanted[i]));
    }
  }
  return right(value);
}

}  // namespace orrery::workload
