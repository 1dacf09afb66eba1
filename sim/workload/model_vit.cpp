// SPDX-License-Identifier: Apache-2.0
#include "workload/encoder_config.h"

namespace orrery::workload {
namespace {

struct VitConfig : EncoderConfig {
  std::int64_t image_size = 224, patch_size = 16, channels = 3;
  bool query_key_value_bias = true;
  std::int64_t classes = 0;  // 0: a pooler instead of a classifier
};

void check_patches(const VitConfig& value, const config::Node& node, config::Reader& reader) {
  const config::Node* size = node.find("image_size");
  if (value.image_size % value.patch_size != 0) {
    const config::Reader::Scope scope(reader, "image_size");
    reader.error(size != nullptr ? size->where() : node.where(),
                 "found '" + std::to_string(value.image_size) + "'", "a multiple of patch_size");
  }
}

const config::Schema<VitConfig>& schema() {
  static const config::Schema<VitConfig> kSchema = [] {
    config::Schema<VitConfig> schema("vit", "Hugging Face config.json of a vision transformer.");
    add_encoder_keys(schema);
    schema
        .optional("image_size", &VitConfig::image_size, config::integer(1, 65536),
                  "Height and width of the image.")
        .optional("patch_size", &VitConfig::patch_size, config::integer(1, 65536),
                  "Height and width of a patch.")
        .optional("num_channels", &VitConfig::channels, size_codec(), "Channels of the image.")
        .optional("qkv_bias", &VitConfig::query_key_value_bias, config::boolean(),
                  "Biases of query, key and value.")
        .optional("num_labels", &VitConfig::classes, size_codec(), "Classes.")
        .check(check_patches);
    return schema;
  }();
  return kSchema;
}

// A classifier of as many classes as the file counts or names; 0 where it speaks of none.
std::int64_t classes(const VitConfig& config, const config::Node& node) {
  const config::Node* names = node.find("id2label");
  const bool are_named = names != nullptr && names->is_map() && !names->entries().empty();
  return config.classes == 0 && are_named ? static_cast<std::int64_t>(names->entries().size())
                                          : config.classes;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model = encoder_model(*config);
  model.query_key_value_bias = config->query_key_value_bias;
  model.image =
      ImagePatches{config->image_size, config->image_size, config->channels, config->patch_size};
  model.positions = model.image->tokens();
  model.classes = classes(*config, node);
  model.head = model.classes > 0 ? TransformerHead::kClassifier : TransformerHead::kPooler;
  return model;
}

}  // namespace

void register_vit(base::Registry<ModelImporter>& registry) {
  registry.add("vit", read_config);
}

}  // namespace orrery::workload
