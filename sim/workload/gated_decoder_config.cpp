// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

#include <fmt/format.h>

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

void check_window(const Config& value, const config::Node& node, config::Reader& reader) {
  if (value.use_window && !value.window) {
    reader.error(node.where(), "missing key 'sliding_window', which use_sliding_window needs",
                 "an integer");
  }
  const auto types = static_cast<std::int64_t>(value.layer_types.size());
  if (types != 0 && types != value.layers) {
    const config::Reader::Scope scope(reader, "layer_types");
    reader.error(node.find("layer_types")->where(), fmt::format("found {} types", types),
                 fmt::format("{}, one a block", value.layers));
  }
}

// Which blocks have the window.
std::vector<bool> windowed_layers(const Config& config) {
  std::vector<bool> windowed;
  for (std::int64_t i = 0; i < config.layers; ++i) {
    windowed.push_back(config.layer_types.empty()
                           ? i >= config.first_windowed_layer
                           : config.layer_types[static_cast<std::size_t>(i)] ==
                                 LayerAttention::kSlidingWindow);
  }
  return windowed;
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
      .optional("hidden_act", &Config::activation, activation_codec(), "Activation of the gate.")
      .optional("rms_norm_eps", &Config::epsilon, config::number(0, 1),
                "Added to the mean of squares.")
      .optional("rope_theta", &Config::theta, config::number(1, 1e12), "Base of the rotary angles.")
      .optional("tie_word_embeddings", &Config::tied_head, config::boolean(),
                "Whether the head is the token embedding's table.")
      .check(check_heads);
  return schema;
}

void add_switched_window(config::Schema<Config>& schema) {
  schema
      .optional("sliding_window", &Config::window, config::maybe(size_codec()),
                "Keys that a token sees, itself included.")
      .optional("use_sliding_window", &Config::use_window, config::boolean(),
                "Whether there is a sliding window at all.")
      .optional("max_window_layers", &Config::first_windowed_layer, config::integer(0, 4096),
                "Blocks before the first one with a window.")
      .optional("layer_types", &Config::layer_types,
                config::list(config::choice<LayerAttention>(
                    {{"full_attention", LayerAttention::kFull},
                     {"sliding_attention", LayerAttention::kSlidingWindow}})),
                "The attention of each block; left out: as max_window_layers says.")
      .check(check_window);
}

void check_experts(const Config& value, const config::Node& node, config::Reader& reader) {
  if (value.experts_per_token > value.experts) {
    const config::Reader::Scope scope(reader, "num_experts_per_tok");
    reader.mismatch(*node.find("num_experts_per_tok"),
                    fmt::format("at most {}, the number of experts", value.experts));
  }
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
  model.activation = config.activation;
  model.rotary_theta = config.theta;
  if (config.use_window) {
    model.window = config.window;
    model.windowed_layers = windowed_layers(config);
  }
  model.tied_head = config.tied_head;
  return model;
}

}  // namespace orrery::workload
