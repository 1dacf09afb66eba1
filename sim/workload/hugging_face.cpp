// SPDX-License-Identifier: Apache-2.0
#include "workload/hugging_face.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace orrery::workload {
namespace {

// Keys in which a configuration may state a computation that its importer does not build, with the
// only value under which it may be there; "" stands for null or absent. Without this table they
// would be passed over in silence.
struct FixedKey {
  std::string_view key;
  std::string_view allowed;
};
constexpr FixedKey kFixedKeys[] = {
    {"add_cross_attention", "false"},
    {"is_decoder", "false"},
    {"is_encoder_decoder", "false"},
    {"layer_norm_elementwise_affine", "true"},
    {"num_experts", ""},
    {"num_local_experts", ""},
    {"partial_rotary_factor", "1.0"},
    {"position_embedding_type", "absolute"},
    {"sliding_window", ""},
};

bool has_field(const config::SchemaDescription& fields, std::string_view key) {
  return std::any_of(fields.fields.begin(), fields.fields.end(),
                     [&](const config::FieldDescription& field) { return field.key == key; });
}

void check_fixed_keys(const config::Node& model, const config::SchemaDescription& fields,
                      config::Reader& reader) {
  for (const FixedKey& fixed : kFixedKeys) {
    const config::Node* value = model.find(fixed.key);
    if (value == nullptr || value->is_null() || has_field(fields, fixed.key) ||
        (value->is_scalar() && value->text() == fixed.allowed)) {
      continue;
    }
    const config::Reader::Scope scope(reader, std::string(fixed.key));
    reader.error(value->where(),
                 "found " + value->kind_name() + ", which this model type does not have",
                 fixed.allowed.empty() ? "null" : std::string(fixed.allowed));
  }
}

}  // namespace

const base::Registry<ModelImporter>& model_importers() {
  static const base::Registry<ModelImporter> kImporters = [] {
    base::Registry<ModelImporter> registry("Hugging Face model type");
    register_bert(registry);
    register_gemma(registry);
    register_gpt2(registry);
    register_llama(registry);
    register_mistral(registry);
    register_mixtral(registry);
    register_opt(registry);
    register_qwen2(registry);
    register_qwen2_moe(registry);
    register_transformer(registry);
    register_vit(registry);
    return registry;
  }();
  return kImporters;
}

std::optional<TransformerModel> import_hugging_face(const config::Node& model,
                                                    config::Reader& reader) {
  if (!model.is_map()) {
    reader.mismatch(model, "a Hugging Face config.json");
    return std::nullopt;
  }
  const config::Node* type = model.find("model_type");
  if (type == nullptr) {
    reader.error(model.where(), "missing key 'model_type'",
                 "one of " + config::join(model_importers().names(), ", "));
    return std::nullopt;
  }
  std::optional<std::size_t> index;
  {
    const config::Reader::Scope scope(reader, "model_type");
    index = config::read_choice(*type, reader, model_importers().names());
  }
  if (!index) {
    return std::nullopt;
  }
  const std::size_t errors_before = reader.error_count();
  auto result = model_importers().at(model_importers().names()[*index])(model, reader);
  if (!result || reader.error_count() != errors_before) {
    return std::nullopt;
  }
  result->where = type->where();
  return result;
}

config::Node known_part(const config::Node& model, const config::SchemaDescription& fields,
                        config::Reader& reader) {
  check_fixed_keys(model, fields, reader);
  config::Node known = config::Node::map(model.where());
  std::vector<std::string> absent;
  for (const config::FieldDescription& field : fields.fields) {
    const config::Node* value = model.find(field.key);
    if (value == nullptr) {
      absent.push_back(field.key);
    } else if (!value->is_null()) {
      known.set(field.key, *value);
    }
  }
  for (const config::Node::Entry& entry : model.entries()) {
    if (!has_field(fields, entry.key)) {
      const std::string meant = base::nearest_name(entry.key, absent);
      if (!meant.empty()) {
        reader.error(entry.where, "unknown key '" + entry.key + "'", "", meant);
      }
    }
  }
  return known;
}

config::Codec<ElementwiseKind> activation_codec() {
  // The variants of gelu differ in how they approximate the same function.
  return config::choice(config::EnumTable<ElementwiseKind>{
      {"gelu", ElementwiseKind::kGelu},
      {"gelu_new", ElementwiseKind::kGelu},
      {"gelu_fast", ElementwiseKind::kGelu},
      {"gelu_pytorch_tanh", ElementwiseKind::kGelu},
      {"relu", ElementwiseKind::kRelu},
      {"silu", ElementwiseKind::kSilu},
      {"swish", ElementwiseKind::kSilu},
  });
}

}  // namespace orrery::workload
