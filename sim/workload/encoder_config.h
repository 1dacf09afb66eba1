// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {

// The keys that config.json files of encoders share, with the defaults of their publishers.
struct EncoderConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, mlp_size = 0;
  ElementwiseKind activation = ElementwiseKind::kGelu;
  double epsilon = 1e-12;
};

void check_encoder_heads(const EncoderConfig& value, const config::Node& node,
                         config::Reader& reader);

template <class Config>
void add_encoder_keys(config::Schema<Config>& schema) {
  using Size = std::int64_t Config::*;
  schema
      .required("num_hidden_layers", static_cast<Size>(&EncoderConfig::layers),
                config::integer(1, 4096), "Blocks.")
      .required("hidden_size", static_cast<Size>(&EncoderConfig::hidden), size_codec(),
                "Hidden size.")
      .required("num_attention_heads", static_cast<Size>(&EncoderConfig::heads), size_codec(),
                "Attention heads.")
      .required("intermediate_size", static_cast<Size>(&EncoderConfig::mlp_size), size_codec(),
                "Inner size of the MLP.")
      .optional("hidden_act", static_cast<ElementwiseKind Config::*>(&EncoderConfig::activation),
                activation_codec(), "Activation of the MLP.")
      .optional("layer_norm_eps", static_cast<double Config::*>(&EncoderConfig::epsilon),
                config::number(0, 1), "Added to the variance.")
      .check(check_encoder_heads);
}

// Blocks of layer norms, attention of all tokens to all and an MLP, all with biases.
[[nodiscard]] TransformerModel encoder_model(const EncoderConfig& config);

}  // namespace orrery::workload
