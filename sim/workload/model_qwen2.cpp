// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

const config::Schema<GatedDecoderConfig>& schema() {
  static const config::Schema<GatedDecoderConfig> kSchema = [] {
    auto schema = gated_decoder_schema("qwen2", "Hugging Face config.json of a Qwen2 model.");
    add_switched_window(schema);
    return schema;
  }();
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model = gated_decoder_model(*config);
  model.query_key_value_bias = true;  // no key says so
  return model;
}

}  // namespace

void register_qwen2(base::Registry<ModelImporter>& registry) {
  registry.add("qwen2", read_config);
}

}  // namespace orrery::workload
