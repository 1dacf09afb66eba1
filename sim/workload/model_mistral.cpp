// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

const config::Schema<GatedDecoderConfig>& schema() {
  static const config::Schema<GatedDecoderConfig> kSchema =
      gated_decoder_schema("mistral", "Hugging Face config.json of a Mistral model.")
          .optional("sliding_window", &GatedDecoderConfig::window, config::maybe(size_codec()),
                    "Keys that a token sees, itself included; null: all.");
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model = gated_decoder_model(*config);
  model.window = config->window;
  return model;
}

}  // namespace

void register_mistral(base::Registry<ModelImporter>& registry) {
  registry.add("mistral", read_config);
}

}  // namespace orrery::workload
