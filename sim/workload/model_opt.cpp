// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {
namespace {

// The keys of an opt config.json that decide shapes, with the defaults of its publisher.
struct OptConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, mlp_size = 0, vocabulary = 0;
  std::int64_t positions = 2048;
  std::optional<std::int64_t> embedding_width;
  bool norm_before = true;
  bool no_final_norm = false;
  bool bias = true;
  bool tied_head = true;
  ElementwiseKind activation = ElementwiseKind::kRelu;
};

// The published position table has two rows before that of the first token.
constexpr std::int64_t kPositionOffset = 2;
// Not in the file: that of the publisher's layer norm.
constexpr double kEpsilon = 1e-5;

void check_sizes(const OptConfig& value, const config::Node& node, config::Reader& reader) {
  if (value.hidden % value.heads != 0) {
    const config::Reader::Scope scope(reader, "hidden_size");
    reader.mismatch(*node.find("hidden_size"), "a multiple of num_attention_heads");
  }
  if (!value.tied_head && value.embedding_width.value_or(value.hidden) != value.hidden) {
    const config::Reader::Scope scope(reader, "tie_word_embeddings");
    reader.mismatch(*node.find("tie_word_embeddings"),
                    "true where word_embed_proj_dim is not hidden_size");
  }
}

const config::Schema<OptConfig>& schema() {
  static const config::Schema<OptConfig> kSchema = [] {
    config::Schema<OptConfig> schema("opt", "Hugging Face config.json of an OPT model.");
    schema.required("num_hidden_layers", &OptConfig::layers, config::integer(1, 4096), "Blocks.")
        .required("hidden_size", &OptConfig::hidden, size_codec(), "Hidden size.")
        .required("num_attention_heads", &OptConfig::heads, size_codec(), "Attention heads.")
        .required("ffn_dim", &OptConfig::mlp_size, size_codec(), "Inner size of the MLP.")
        .required("vocab_size", &OptConfig::vocabulary, size_codec(), "Tokens known.")
        .optional("max_position_embeddings", &OptConfig::positions, size_codec(),
                  "Tokens that the position embedding has rows for.")
        .optional("word_embed_proj_dim", &OptConfig::embedding_width, config::maybe(size_codec()),
                  "Width of the token embedding; left out: hidden_size.")
        .optional("do_layer_norm_before", &OptConfig::norm_before, config::boolean(),
                  "Whether parts of a block normalize their input, not the sum behind them.")
        .optional("_remove_final_layer_norm", &OptConfig::no_final_norm, config::boolean(),
                  "Whether the norm before the head is left out.")
        .optional("enable_bias", &OptConfig::bias, config::boolean(), "Biases in all projections.")
        .optional("tie_word_embeddings", &OptConfig::tied_head, config::boolean(),
                  "Whether the head is the token embedding's table.")
        .optional("activation_function", &OptConfig::activation, activation_codec(),
                  "Activation of the MLP.")
        .check(check_sizes);
    return schema;
  }();
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model;
  model.layers = config->layers;
  model.hidden = config->hidden;
  model.heads = config->heads;
  model.kv_heads = config->heads;
  model.head_size = config->hidden / config->heads;
  model.mlp_size = config->mlp_size;
  model.vocabulary = config->vocabulary;
  model.normalization = {NormalizationKind::kLayer, kEpsilon};
  model.normalizes_sums = !config->norm_before;
  model.final_norm = config->norm_before && !config->no_final_norm;
  model.query_key_value_bias = config->bias;
  model.attention_output_bias = config->bias;
  model.mlp_bias = config->bias;
  model.activation = config->activation;
  model.positions = config->positions;
  model.position_offset = kPositionOffset;
  if (config->embedding_width.value_or(config->hidden) != config->hidden) {
    model.embedding_width = config->embedding_width;
  }
  model.tied_head = config->tied_head;
  return model;
}

}  // namespace

void register_opt(base::Registry<ModelImporter>& registry) {
  registry.add("opt", read_config);
}

}  // namespace orrery::workload
