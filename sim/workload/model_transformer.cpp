// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {
namespace {

// A decoder that no published model type describes, in a format of our own: its unknown keys are
// errors. Keys that config.json files have too mean the same.
struct TransformerConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, mlp_size = 0, vocabulary = 0;
  std::optional<std::int64_t> kv_heads, head_size, positions, window, expert_size;
  std::optional<double> theta;
  NormalizationKind normalization = NormalizationKind::kRms;
  double epsilon = 1e-5;
  ElementwiseKind activation = ElementwiseKind::kGelu;
  bool bias = false, gated_mlp = false, gated_experts = false, tied_head = false;
  std::int64_t experts = 0, experts_per_token = 1, expert_stride = 1;
};

using Config = TransformerConfig;

void check_sizes(const Config& value, const config::Node& node, config::Reader& reader) {
  const auto mismatch = [&](const std::string& key, const std::string& expected) {
    const config::Reader::Scope scope(reader, key);
    reader.mismatch(*node.find(key), expected);
  };
  if (!value.head_size && value.hidden % value.heads != 0) {
    mismatch("hidden_size", "a multiple of num_attention_heads, or the key head_dim");
  } else if (value.theta && value.head_size.value_or(value.hidden / value.heads) % 2 != 0) {
    mismatch(value.head_size ? "head_dim" : "hidden_size",
             "an even head size: rotary embedding turns pairs");
  }
  if (value.kv_heads && value.heads % *value.kv_heads != 0) {
    mismatch("num_key_value_heads", "a divisor of num_attention_heads");
  }
  if (value.experts > 0 && value.experts_per_token > value.experts) {
    mismatch("num_experts_per_tok", "at most num_experts");
  }
}

void add_expert_keys(config::Schema<Config>& schema) {
  schema
      .optional("num_experts", &Config::experts, config::integer(0, kMostExperts),
                "Experts of a block; 0: an MLP in every block.")
      .optional("num_experts_per_tok", &Config::experts_per_token,
                config::integer(1, kMostExpertsPerToken), "Experts chosen for each token.")
      .optional("moe_intermediate_size", &Config::expert_size, config::maybe(size_codec()),
                "Inner size of an expert; left out: intermediate_size.")
      .optional("gated_experts", &Config::gated_experts, config::boolean(),
                "Whether experts have a gate.")
      .optional("decoder_sparse_step", &Config::expert_stride, config::integer(1, 4096),
                "Every how many blocks have experts.");
}

const config::Schema<Config>& schema() {
  static const config::Schema<Config> kSchema = [] {
    const auto maybe_size = config::maybe(size_codec());
    config::Schema<Config> schema("transformer", "A decoder in a format of our own.");
    schema.required("num_hidden_layers", &Config::layers, config::integer(1, 4096), "Blocks.")
        .required("hidden_size", &Config::hidden, size_codec(), "Hidden size.")
        .required("num_attention_heads", &Config::heads, size_codec(), "Query heads.")
        .required("intermediate_size", &Config::mlp_size, size_codec(), "Inner size of the MLP.")
        .required("vocab_size", &Config::vocabulary, size_codec(), "Tokens known.")
        .optional("num_key_value_heads", &Config::kv_heads, maybe_size,
                  "Key-value heads; left out: as many as query heads.")
        .optional("head_dim", &Config::head_size, maybe_size,
                  "Size of a head; left out: hidden_size / num_attention_heads.")
        .optional("norm", &Config::normalization,
                  config::choice<NormalizationKind>(
                      {{"layer", NormalizationKind::kLayer}, {"rms", NormalizationKind::kRms}}),
                  "Normalization before the parts of a block and before the head.")
        .optional("norm_eps", &Config::epsilon, config::number(0, 1), "Added below the root.")
        .optional("hidden_act", &Config::activation, activation_codec(), "Activation of the MLP.")
        .optional("gated_mlp", &Config::gated_mlp, config::boolean(),
                  "Whether the MLP multiplies by a gate.")
        .optional("bias", &Config::bias, config::boolean(), "Biases in all projections.")
        .optional("max_position_embeddings", &Config::positions, maybe_size,
                  "Rows of a learned position embedding; left out: none.")
        .optional("rope_theta", &Config::theta, config::maybe(config::number(1, 1e12)),
                  "Base of the rotary angles; left out: no rotary embedding.")
        .optional("sliding_window", &Config::window, maybe_size,
                  "Keys that a token sees, itself included; left out: all.")
        .optional("tie_word_embeddings", &Config::tied_head, config::boolean(),
                  "Whether the head is the token embedding's table.")
        .check(check_sizes);
    add_expert_keys(schema);
    return schema.ignoring("model_type");
  }();
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(node, reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model;
  model.layers = config->layers;
  model.hidden = config->hidden;
  model.heads = config->heads;
  model.kv_heads = config->kv_heads.value_or(config->heads);
  model.head_size = config->head_size.value_or(config->hidden / config->heads);
  model.mlp_size = config->mlp_size;
  model.vocabulary = config->vocabulary;
  model.normalization = {config->normalization, config->epsilon};
  model.query_key_value_bias = config->bias;
  model.attention_output_bias = config->bias;
  model.mlp_bias = config->bias;
  model.gated_mlp = config->gated_mlp;
  model.activation = config->activation;
  model.rotary_theta = config->theta;
  model.positions = config->positions;
  model.window = config->window;
  model.tied_head = config->tied_head;
  if (config->experts > 0) {
    model.expert_stride = config->expert_stride;
    model.experts = ExpertModel{.experts = config->experts,
                                .experts_per_token = config->experts_per_token,
                                .expert_size = config->expert_size.value_or(config->mlp_size),
                                .gated = config->gated_experts,
                                .activation = config->activation,
                                .normalized_scores = true};
  }
  return model;
}

}  // namespace

void register_transformer(base::Registry<ModelImporter>& registry) {
  registry.add("transformer", read_config);
}

}  // namespace orrery::workload
