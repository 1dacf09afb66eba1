// SPDX-License-Identifier: Apache-2.0
#include "workload/encoder_config.h"

namespace orrery::workload {
namespace {

struct BertConfig : EncoderConfig {
  std::int64_t vocabulary = 30522, positions = 512, token_types = 2;
};

const config::Schema<BertConfig>& schema() {
  static const config::Schema<BertConfig> kSchema = [] {
    config::Schema<BertConfig> schema("bert", "Hugging Face config.json of a BERT model.");
    add_encoder_keys(schema);
    schema.required("vocab_size", &BertConfig::vocabulary, size_codec(), "Tokens known.")
        .optional("max_position_embeddings", &BertConfig::positions, size_codec(),
                  "Rows of the position embedding.")
        .optional("type_vocab_size", &BertConfig::token_types, size_codec(),
                  "Rows of the embedding of token types.");
    return schema;
  }();
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model = encoder_model(*config);
  model.vocabulary = config->vocabulary;
  model.normalizes_sums = true;
  model.final_norm = false;
  model.positions = config->positions;
  model.token_types = config->token_types;
  model.embedding_norm = true;
  model.head = TransformerHead::kPooler;
  return model;
}

}  // namespace

void register_bert(base::Registry<ModelImporter>& registry) {
  registry.add("bert", read_config);
}

}  // namespace orrery::workload
