// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "workload/graph_operator.h"

namespace orrery::workload {

// Keys that several kinds of operators have.

using Sizes = std::vector<std::int64_t>;

// A list of exactly `count` integers of at least `minimum`.
[[nodiscard]] inline config::Codec<Sizes> sizes(std::size_t count, std::int64_t minimum,
                                                const std::string& meaning) {
  auto codec = config::list(config::integer(minimum, kLargestSize));
  auto type = std::make_shared<config::TypeDescription>(*codec.type);
  type->expected = fmt::format("a list of {} integers: {}", count, meaning);
  codec.type = type;
  const auto read = codec.read;
  codec.read = [=](const config::Node& node, config::Reader& reader) -> std::optional<Sizes> {
    if (!node.is_sequence() || node.items().size() != count) {
      reader.mismatch(node, type->expected);
      return std::nullopt;
    }
    return read(node, reader);
  };
  return codec;
}

[[nodiscard]] inline config::Codec<Sizes> pair(std::int64_t minimum = 1) {
  return sizes(2, minimum, "height and width");
}

[[nodiscard]] inline config::Codec<Sizes> padding() {
  return sizes(4, 0, "top, left, bottom and right");
}

// The keys that every operator has. `inputs` says how many tensors it reads from outside.
template <class Derived>
void add_common(config::Schema<Derived>& schema, std::size_t fewest, std::size_t most) {
  using Names = std::vector<std::string>;
  schema.required("name", static_cast<std::string Derived::*>(&GraphOperator::name), config::text(),
                  "Name of the operator and of its output; unique.");
  if (most > 0) {
    schema.required("inputs", static_cast<Names Derived::*>(&GraphOperator::inputs),
                    config::list(config::text()), "Names of inputs or of other operators.");
  }
  schema
      .optional(
          "output_type",
          static_cast<std::optional<numeric::ElementType> Derived::*>(&GraphOperator::output_type),
          config::maybe(numeric::element_type_codec()),
          "Element type of the output; left out: that of the workload's activations.")
      .position(static_cast<base::SourcePosition Derived::*>(&GraphOperator::where))
      .check([=](const Derived& value, const config::Node& node, config::Reader& reader) {
        const std::size_t count = value.inputs.size();
        if (count < fewest || count > most) {
          const config::Reader::Scope scope(reader, "inputs");
          reader.error(
              node.find("inputs")->where(), fmt::format("found {} names", count),
              fewest == most ? fmt::format("{}", fewest) : fmt::format("{} or {}", fewest, most));
        }
      });
}

// Of operators with a weight of their own.
template <class Derived>
void add_weight_type(config::Schema<Derived>& schema) {
  schema.optional(
      "weight_type",
      static_cast<std::optional<numeric::ElementType> Derived::*>(&GraphOperator::weight_type),
      config::maybe(numeric::element_type_codec()),
      "Element type of the operator's own weight; left out: as `types` of the workload says.");
}

// The place of a key, or of the operator where the key is left out.
[[nodiscard]] inline base::SourcePosition place_of(const config::Node& node,
                                                   const std::string& key) {
  const config::Node* value = node.find(key);
  return value != nullptr ? value->where() : node.where();
}

// graph_operator_matrix.cpp
[[nodiscard]] config::Kind<GraphOperator> convolution_kind();
[[nodiscard]] config::Kind<GraphOperator> transposed_convolution_kind();
[[nodiscard]] config::Kind<GraphOperator> matrix_multiplication_kind();
// The kinds of graph_vector_operators.cpp.
[[nodiscard]] config::Kind<GraphOperator> elementwise_operator_kind();
[[nodiscard]] std::vector<config::Kind<GraphOperator>> vector_operator_kinds();

}  // namespace orrery::workload
