// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {
namespace {

// The keys of a llama config.json that decide shapes, with the defaults of its publisher.
struct LlamaConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, mlp_size = 0, vocabulary = 0;
  std::optional<std::int64_t> kv_heads, head_size;
  ElementwiseKind activation = ElementwiseKind::kSilu;
  double epsilon = 1e-6;
  double theta = 10000.0;
  bool tied_head = false;
  bool attention_bias = false;
  bool mlp_bias = false;
};

void check_heads(const LlamaConfig& value, const config::Node& node, config::Reader& reader) {
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

const config::Schema<LlamaConfig>& schema() {
  static const config::Schema<LlamaConfig> kSchema = [] {
    const auto maybe_size = config::maybe(size_codec());
    config::Schema<LlamaConfig> schema("llama", "Hugging Face config.json of a Llama model.");
    schema.required("num_hidden_layers", &LlamaConfig::layers, config::integer(1, 4096), "Blocks.")
        .required("hidden_size", &LlamaConfig::hidden, size_codec(), "Hidden size.")
        .required("num_attention_heads", &LlamaConfig::heads, size_codec(), "Query heads.")
        .required("intermediate_size", &LlamaConfig::mlp_size, size_codec(),
                  "Inner size of the MLP.")
        .required("vocab_size", &LlamaConfig::vocabulary, size_codec(), "Tokens known.")
        .optional("num_key_value_heads", &LlamaConfig::kv_heads, maybe_size,
                  "Key-value heads; left out: as many as query heads.")
        .optional("head_dim", &LlamaConfig::head_size, maybe_size,
                  "Size of a head; left out: hidden_size / num_attention_heads.")
        .optional("hidden_act", &LlamaConfig::activation, activation_codec(),
                  "Activation of the gate.")
        .optional("rms_norm_eps", &LlamaConfig::epsilon, config::number(0, 1),
                  "Added to the mean of squares.")
        .optional("rope_theta", &LlamaConfig::theta, config::number(1, 1e12),
                  "Base of the rotary angles.")
        .optional("tie_word_embeddings", &LlamaConfig::tied_head, config::boolean(),
                  "Whether the head is the token embedding's table.")
        .optional("attention_bias", &LlamaConfig::attention_bias, config::boolean(),
                  "Biases in the four projections of attention.")
        .optional("mlp_bias", &LlamaConfig::mlp_bias, config::boolean(),
                  "Biases in the three projections of the MLP.");
    schema.check(check_heads);
    return schema;
  }();
  return kSchema;
}

std::optional<DecoderModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  DecoderModel model;
  model.layers = config->layers;
  model.hidden = config->hidden;
  model.heads = config->heads;
  model.kv_heads = config->kv_heads.value_or(config->heads);
  model.head_size = config->head_size.value_or(config->hidden / config->heads);
  model.mlp_size = config->mlp_size;
  model.vocabulary = config->vocabulary;
  model.normalization = {NormalizationKind::kRms, config->epsilon};
  model.query_key_value_bias = config->attention_bias;
  model.attention_output_bias = config->attention_bias;
  model.mlp_bias = config->mlp_bias;
  model.gated_mlp = true;
  model.activation = config->activation;
  model.rotary_theta = config->theta;
  model.tied_head = config->tied_head;
  return model;
}

}  // namespace

void register_llama(base::Registry<ModelImporter>& registry) {
  registry.add("llama", read_config);
}

}  // namespace orrery::workload
