// SPDX-License-Identifier: Apache-2.0
#include "workload/encoder_config.h"

namespace orrery::workload {

void check_encoder_heads(const EncoderConfig& value, const config::Node& node,
                         config::Reader& reader) {
  if (value.hidden % value.heads != 0) {
    const config::Reader::Scope scope(reader, "hidden_size");
    reader.mismatch(*node.find("hidden_size"), "a multiple of num_attention_heads");
  }
}

TransformerModel encoder_model(const EncoderConfig& config) {
  TransformerModel model;
  model.layers = config.layers;
  model.hidden = config.hidden;
  model.heads = config.heads;
  model.kv_heads = config.heads;
  model.head_size = config.hidden / config.heads;
  model.mlp_size = config.mlp_size;
  model.is_encoder = true;
  model.normalization = {NormalizationKind::kLayer, config.epsilon};
  model.query_key_value_bias = true;
  model.attention_output_bias = true;
  model.mlp_bias = true;
  model.activation = config.activation;
  return model;
}

}  // namespace orrery::workload
