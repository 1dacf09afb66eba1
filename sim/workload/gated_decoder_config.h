// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {

// The keys of a config.json of llama and the model types after it: RMS norms, rotary positions,
// key-value heads, a gated MLP. Each model type's schema names those that it knows; the others keep
// these values.
struct GatedDecoderConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, mlp_size = 0, vocabulary = 0;
  std::optional<std::int64_t> kv_heads, head_size;
  std::optional<ElementwiseKind> activation;  // silu where left out
  double epsilon = 1e-6;
  double theta = 10000.0;
  std::optional<bool> tied_head;  // false where left out
  bool attention_bias = false;    // in all four projections
  bool mlp_bias = false;          // in all three
};

// The schema of the keys that all these types share. The head sizes are checked.
[[nodiscard]] config::Schema<GatedDecoderConfig> gated_decoder_schema(const std::string& model_type,
                                                                      const std::string& help);

[[nodiscard]] TransformerModel gated_decoder_model(const GatedDecoderConfig& config);

}  // namespace orrery::workload
