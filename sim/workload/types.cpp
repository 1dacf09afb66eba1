// SPDX-License-Identifier: Apache-2.0
#include "workload/types.h"

#include <fmt/format.h>

namespace orrery::workload {
namespace {

// Of tensors whose elements cannot share metadata.
config::Codec<numeric::ElementType> scalar_type_codec() {
  config::Codec<numeric::ElementType> codec = numeric::element_type_codec();
  const auto read = codec.read;
  codec.read = [read](const config::Node& node,
                      config::Reader& reader) -> std::optional<numeric::ElementType> {
    const auto type = read(node, reader);
    if (type && numeric::is_block(*type)) {
      reader.error(node.where(), fmt::format("found '{}', a block type", numeric::name(*type)),
                   "a scalar type: blocks are for weights of matrix products", "");
      return std::nullopt;
    }
    return type;
  };
  return codec;
}

}  // namespace

const config::Schema<ElementTypes>& element_types_schema() {
  static const config::Schema<ElementTypes> kSchema = [] {
    const auto type = numeric::element_type_codec();
    const auto scalar = scalar_type_codec();
    config::Schema<ElementTypes> schema("element_types", "Element types of a workload's tensors.");
    schema.optional("weights", &ElementTypes::weights, type, "Matrices and filters.")
        .optional("activations", &ElementTypes::activations, scalar,
                  "Inputs and outputs of operators.")
        .optional("kv_cache", &ElementTypes::kv_cache, scalar, "Cached keys and values.")
        .optional("vectors", &ElementTypes::vectors, config::maybe(scalar),
                  "Biases, gamma and beta; left out: the accumulator's type for integer weights, "
                  "the activations' type for weights of a block type, the weights' type otherwise.")
        .optional("embeddings", &ElementTypes::embeddings, config::maybe(scalar),
                  "Tables of embeddings; left out: the weights' type.")
        .optional(
            "lm_head", &ElementTypes::lm_head, config::maybe(type),
            "The matrix of a language model's head; of a head that multiplies by the embedding's "
            "table, a copy of it. Left out: that table, or the weights' type.");
    return schema;
  }();
  return kSchema;
}

config::Codec<std::int64_t> size_codec() {
  return config::integer(1, kLargestSize);
}

}  // namespace orrery::workload
