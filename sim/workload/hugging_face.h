// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/registry.h"
#include "config/node.h"
#include "config/reader.h"
#include "config/schema.h"
#include "workload/transformer_model.h"

namespace orrery::workload {

// Reads the config.json of one `model_type`; reports mistakes to the reader and gives nullopt after
// any.
using ModelImporter =
    std::function<std::optional<TransformerModel>(const config::Node&, config::Reader&)>;

// The importers by `model_type`.
[[nodiscard]] const base::Registry<ModelImporter>& model_importers();

void register_bert(base::Registry<ModelImporter>& registry);
void register_gemma(base::Registry<ModelImporter>& registry);
void register_gpt2(base::Registry<ModelImporter>& registry);
void register_llama(base::Registry<ModelImporter>& registry);
void register_mistral(base::Registry<ModelImporter>& registry);
void register_mixtral(base::Registry<ModelImporter>& registry);
void register_opt(base::Registry<ModelImporter>& registry);
void register_qwen2(base::Registry<ModelImporter>& registry);
void register_qwen2_moe(base::Registry<ModelImporter>& registry);
void register_transformer(base::Registry<ModelImporter>& registry);
void register_vit(base::Registry<ModelImporter>& registry);

// Reads a Hugging Face config.json: its `model_type` chooses the importer.
[[nodiscard]] std::optional<TransformerModel> import_hugging_face(const config::Node& model,
                                                                  config::Reader& reader);

// The part of a config.json that `fields` names. Such a file holds much that has no bearing on
// shapes, and null where it means the default: both are left out. A key that is no field but nearly
// spells an absent one is reported as a slip, and so is a key that `fields` does not have and that
// would change the computation.
[[nodiscard]] config::Node known_part(const config::Node& model,
                                      const config::SchemaDescription& fields,
                                      config::Reader& reader);

// "gelu_new", "silu" and the other names of activation functions.
[[nodiscard]] config::Codec<ElementwiseKind> activation_codec();

}  // namespace orrery::workload
