// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "config/schema.h"
#include "numeric/element_type.h"

namespace orrery::workload {

// The element types of a whole workload; single tensors of `kind: graph` may differ.
struct ElementTypes {
  numeric::ElementType weights = numeric::ElementType::kFp16;
  numeric::ElementType activations = numeric::ElementType::kFp16;
  numeric::ElementType kv_cache = numeric::ElementType::kFp16;
  std::optional<numeric::ElementType> vectors;
  std::optional<numeric::ElementType> embeddings;
  std::optional<numeric::ElementType> lm_head;

  // Of biases and of the gamma and beta of normalizations. Integer weights are multiplied into
  // accumulators, and a bias that is added there has the accumulator's type.
  [[nodiscard]] numeric::ElementType vector_type() const {
    const numeric::ElementTypeInfo& weight = numeric::info(weights);
    return vectors.value_or(weight.is_integer         ? weight.accumulator
                            : weight.block != nullptr ? activations
                                                      : weights);
  }
  [[nodiscard]] numeric::ElementType embedding_type() const { return embeddings.value_or(weights); }
  [[nodiscard]] numeric::ElementType head_type() const { return lm_head.value_or(weights); }
};

[[nodiscard]] const config::Schema<ElementTypes>& element_types_schema();

// The largest size of one dimension in a workload file.
inline constexpr std::int64_t kLargestSize = (1LL << 31) - 1;

// A dimension: an integer from 1 to kLargestSize.
[[nodiscard]] config::Codec<std::int64_t> size_codec();

}  // namespace orrery::workload
