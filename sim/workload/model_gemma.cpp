// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

// Where a file has no such key, a Gemma model differs from a Llama model.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"hidden_act", "gelu_pytorch_tanh"},
    {"tie_word_embeddings", "true"},
};

const config::Schema<GatedDecoderConfig>& schema() {
  static const config::Schema<GatedDecoderConfig> kSchema =
      gated_decoder_schema("gemma", "Hugging Face config.json of a Gemma model.");
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  config::Node known = known_part(node, *schema().description(), reader);
  // Later files name the activation here; the older key then has no meaning.
  const config::Node* activation = node.find("hidden_activation");
  if (activation != nullptr && !activation->is_null()) {
    known.set("hidden_act", *activation);
  }
  for (const auto& [key, value] : kDefaults) {
    if (known.find(key) == nullptr) {
      known.set(key, config::Node::scalar(value, node.where()));
    }
  }
  const auto config = schema().read(known, reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model = gated_decoder_model(*config);
  model.embedding_scale = std::sqrt(static_cast<double>(model.hidden));
  return model;
}

}  // namespace

void register_gemma(base::Registry<ModelImporter>& registry) {
  registry.add("gemma", read_config);
}

}  // namespace orrery::workload
