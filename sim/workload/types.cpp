// SPDX-License-Identifier: Apache-2.0
#include "workload/types.h"

namespace orrery::workload {

const config::Schema<ElementTypes>& element_types_schema() {
  static const config::Schema<ElementTypes> kSchema = [] {
    const auto type = numeric::element_type_codec();
    config::Schema<ElementTypes> schema("element_types", "Element types of a workload's tensors.");
    schema.optional("weights", &ElementTypes::weights, type, "Matrices, filters, tables.")
        .optional("activations", &ElementTypes::activations, type,
                  "Inputs and outputs of operators.")
        .optional("kv_cache", &ElementTypes::kv_cache, type, "Cached keys and values.")
        .optional("vectors", &ElementTypes::vectors, config::maybe(type),
                  "Biases, gamma and beta; left out: the accumulator's type for integer weights, "
                  "the weights' type otherwise.");
    return schema;
  }();
  return kSchema;
}

config::Codec<std::int64_t> size_codec() {
  return config::integer(1, kLargestSize);
}

}  // namespace orrery::workload
