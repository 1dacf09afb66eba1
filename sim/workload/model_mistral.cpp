// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

const config::Schema<GatedDecoderConfig>& schema() {
  static const config::Schema<GatedDecoderConfig> kSchema =
      gated_decoder_schema("mistral", "Hugging Face config.json of a Mistral model.");
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  return config ? std::optional(gated_decoder_model(*config)) : std::nullopt;
}

}  // namespace

void register_mistral(base::Registry<ModelImporter>& registry) {
  registry.add("mistral", read_config);
}

}  // namespace orrery::workload
