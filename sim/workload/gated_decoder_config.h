// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {

enum class LayerAttention : std::uint8_t { kFull, kSlidingWindow };

// The keys of a config.json of llama and the model types after it: RMS norms, rotary positions,
// key-value heads, a gated MLP. Each model type's schema names those that it knows; the others keep
// these values.
struct GatedDecoderConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, mlp_size = 0, vocabulary = 0;
  std::optional<std::int64_t> kv_heads, head_size;
  ElementwiseKind activation = ElementwiseKind::kSilu;
  double epsilon = 1e-6;
  double theta = 10000.0;
  bool tied_head = false;
  bool attention_bias = false;  // in all four projections
  bool mlp_bias = false;        // in all three
  std::optional<std::int64_t> window;
  bool use_window = false;
  std::int64_t first_windowed_layer = 28;  // the publisher's
  std::vector<LayerAttention> layer_types;
  bool query_key_value_bias = true;  // qwen2_moe
  // Mixtures of experts; the defaults are those of qwen2_moe.
  std::int64_t experts = 1, experts_per_token = 1, expert_size = 1, shared_size = 1;
  std::int64_t expert_stride = 1;
  std::vector<std::int64_t> mlp_layers;
  bool normalized_scores = false;
};

// The schema of the keys that all these types share. The head sizes are checked.
[[nodiscard]] config::Schema<GatedDecoderConfig> gated_decoder_schema(const std::string& model_type,
                                                                      const std::string& help);

// Adds sliding_window, use_sliding_window, max_window_layers and layer_types, as qwen2 and the
// types made of it have them.
void add_switched_window(config::Schema<GatedDecoderConfig>& schema);

// No more experts may be chosen for a token than there are.
void check_experts(const GatedDecoderConfig& value, const config::Node& node,
                   config::Reader& reader);

[[nodiscard]] TransformerModel gated_decoder_model(const GatedDecoderConfig& config);

}  // namespace orrery::workload
