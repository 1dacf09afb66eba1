// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

using Config = GatedDecoderConfig;

const config::Schema<Config>& schema() {
  static const config::Schema<Config> kSchema =
      gated_decoder_schema("llama", "Hugging Face config.json of a Llama model.")
          .optional("attention_bias", &Config::attention_bias, config::boolean(),
                    "Biases in the four projections of attention.")
          .optional("mlp_bias", &Config::mlp_bias, config::boolean(),
                    "Biases in the three projections of the MLP.");
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  return gated_decoder_model(*config);
}

}  // namespace

void register_llama(base::Registry<ModelImporter>& registry) {
  registry.add("llama", read_config);
}

}  // namespace orrery::workload
