// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

using Config = GatedDecoderConfig;

void check_heads(const Config& value, const config::Node& node, config::Reader& reader) {
  const auto mismatch = [&](const std::string& key, const std::string& expected) {
    const config::Reader::Scope scope(reader, key);
    reader.mismatch(*node.find(key), expected);
  };
  if (!value.head_size && value.hidden % value.heads != 0) {
    mismatch("hidden_size", "a multiple of num_attention_heads, or the key head_dim");
  } else if (value.head_size.value_or(value.hidden / value.heads) % 2 != 0) {
    mismatch(value.head_size ? "head_dim" : "hidden_size",
             "an even head size: rotary embedding turns pairs");
  }
  if (value.kv_heads && value.heads % *value.kv_heads != 0) {
    mismatch("num_key_value_heads", "a divisor of num_attention_heads");
  }
}

}  // namespace

config::Schema<Config> gated_decoder_schema(const std::string& model_type,
                                            const std::string& help) {
  const auto maybe_size = config::maybe(size_codec());
  config::Schema<Config> schema(model_type, help);
  schema.required("num_hidden_layers", &Config::layers, config::integer(1, 4096), "Blocks.")
      .required("hidden_size", &Config::hidden, size_codec(), "Hidden size.")
      .required("num_attention_heads", &Config::heads, size_codec(), "Query heads.")
      .required("intermediate_size", &Config::mlp_size, size_codec(), "Inner size of the MLP.")
      .required("vocab_size", &Config::vocabulary, size_codec(), "Tokens known.")
      .optional("num_key_value_heads", &Config::kv_heads, maybe_size,
                "Key-value heads; left out: as many as query heads.")
      .optional("head_dim", &Config::head_size, maybe_size,
                "Size of a head; left out: hidden_size / num_attention_heads.")
      .optional("hidden_act", &Config::activation, config::maybe(activation_codec()),
                "Activation of the gate.")
      .optional("rms_norm_eps", &Config::epsilon, config::number(0, 1),
                "Added to the mean of squares.")
      .optional("rope_theta", &Config::theta, config::number(1, 1e12), "Base of the rotary angles.")
      .optional("tie_word_embeddings", &Config::tied_head, config::maybe(config::boolean()),
                "Whether the head is the token embedding's table.")
      .check(check_heads);
  return schema;
}

TransformerModel gated_decoder_model(const Config& config) {
  TransformerModel model;
  model.layers = config.layers;
  model.hidden = config.hidden;
  model.heads = config.heads;
  model.kv_heads = config.kv_heads.value_or(config.heads);
  model.head_size = config.head_size.value_or(config.hidden / config.heads);
  model.mlp_size = config.mlp_size;
  model.vocabulary = config.vocabulary;
  model.normalization = {NormalizationKind::kRms, config.epsilon};
  model.query_key_value_bias = config.attention_bias;
  model.attention_output_bias = config.attention_bias;
  model.mlp_bias = config.mlp_bias;
  model.gated_mlp = true;
  model.activation = config.activation.value_or(ElementwiseKind::kSilu);
  model.rotary_theta = config.theta;
  model.tied_head = config.tied_head.value_or(false);
  return model;
}

}  // namespace orrery::workload
