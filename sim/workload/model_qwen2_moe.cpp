// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

using Config = GatedDecoderConfig;

const config::Schema<Config>& schema() {
  static const config::Schema<Config> kSchema = [] {
    auto schema = gated_decoder_schema("qwen2_moe",
                                       "Hugging Face config.json of a Qwen2 model with experts.");
    add_switched_window(schema);
    schema
        .required("num_experts", &Config::experts, config::integer(1, kMostExperts),
                  "Experts of a block.")
        .required("num_experts_per_tok", &Config::experts_per_token,
                  config::integer(1, kMostExpertsPerToken), "Experts chosen for each token.")
        .required("moe_intermediate_size", &Config::expert_size, size_codec(),
                  "Inner size of an expert.")
        .required("shared_expert_intermediate_size", &Config::shared_size, size_codec(),
                  "Inner size of the expert that every token goes to.")
        .optional("norm_topk_prob", &Config::normalized_scores, config::boolean(),
                  "Whether the scores of the chosen experts add up to 1.")
        .optional("decoder_sparse_step", &Config::expert_stride, config::integer(1, 4096),
                  "Every how many blocks have experts.")
        .optional("mlp_only_layers", &Config::mlp_layers, config::list(config::integer(0, 4095)),
                  "Blocks that have an MLP whatever decoder_sparse_step says.")
        .optional("qkv_bias", &Config::query_key_value_bias, config::boolean(),
                  "Biases of query, key and value.")
        .check(check_experts);
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
  model.query_key_value_bias = config->query_key_value_bias;
  model.expert_stride = config->expert_stride;
  model.mlp_layers = config->mlp_layers;
  model.experts = ExpertModel{.experts = config->experts,
                              .experts_per_token = config->experts_per_token,
                              .expert_size = config->expert_size,
                              .gated = true,
                              .activation = config->activation,
                              .normalized_scores = config->normalized_scores,
                              .shared_size = config->shared_size,
                              .shared_gate = true};
  return model;
}

}  // namespace

void register_qwen2_moe(base::Registry<ModelImporter>& registry) {
  registry.add("qwen2_moe", read_config);
}

}  // namespace orrery::workload
