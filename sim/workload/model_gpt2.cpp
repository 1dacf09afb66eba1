// SPDX-License-Identifier: Apache-2.0
#include "config/schema.h"
#include "workload/hugging_face.h"

namespace orrery::workload {
namespace {

// The keys of a gpt2 config.json that decide shapes, with the defaults of its publisher.
struct GptTwoConfig {
  std::int64_t layers = 0, hidden = 0, heads = 0, vocabulary = 0;
  std::int64_t positions = 1024;
  std::optional<std::int64_t> mlp_size;
  ElementwiseKind activation = ElementwiseKind::kGelu;
  double epsilon = 1e-5;
  bool tied_head = true;
};

const config::Schema<GptTwoConfig>& schema() {
  static const config::Schema<GptTwoConfig> kSchema = [] {
    config::Schema<GptTwoConfig> schema("gpt2", "Hugging Face config.json of a GPT-2 model.");
    schema.required("n_layer", &GptTwoConfig::layers, config::integer(1, 4096), "Blocks.")
        .required("n_embd", &GptTwoConfig::hidden, size_codec(), "Hidden size.")
        .required("n_head", &GptTwoConfig::heads, size_codec(), "Attention heads.")
        .required("vocab_size", &GptTwoConfig::vocabulary, size_codec(), "Tokens known.")
        .optional("n_positions", &GptTwoConfig::positions, size_codec(),
                  "Rows of the position embedding.")
        .optional("n_inner", &GptTwoConfig::mlp_size, config::maybe(size_codec()),
                  "Inner size of the MLP; left out: 4 * n_embd.")
        .optional("activation_function", &GptTwoConfig::activation, activation_codec(),
                  "Activation of the MLP.")
        .optional("layer_norm_epsilon", &GptTwoConfig::epsilon, config::number(0, 1),
                  "Added to the variance.")
        .optional("tie_word_embeddings", &GptTwoConfig::tied_head, config::boolean(),
                  "Whether the head is the token embedding's table.");
    schema.check([](const GptTwoConfig& value, const config::Node& node, config::Reader& reader) {
      if (value.hidden % value.heads != 0) {
        const config::Reader::Scope scope(reader, "n_embd");
        reader.mismatch(*node.find("n_embd"), "a multiple of n_head");
      }
    });
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
  model.mlp_size = config->mlp_size.value_or(4 * config->hidden);
  model.vocabulary = config->vocabulary;
  model.normalization = {NormalizationKind::kLayer, config->epsilon};
  model.query_key_value_bias = true;
  model.attention_output_bias = true;
  model.mlp_bias = true;
  model.activation = config->activation;
  model.positions = config->positions;
  model.tied_head = config->tied_head;
  return model;
}

}  // namespace

void register_gpt2(base::Registry<ModelImporter>& registry) {
  registry.add("gpt2", read_config);
}

}  // namespace orrery::workload
