// SPDX-License-Identifier: Apache-2.0
#include "workload/gated_decoder_config.h"

namespace orrery::workload {
namespace {

using Config = GatedDecoderConfig;

const config::Schema<Config>& schema() {
  static const config::Schema<Config> kSchema =
      gated_decoder_schema("mixtral", "Hugging Face config.json of a Mixtral model.")
          .required("num_local_experts", &Config::experts, config::integer(1, kMostExperts),
                    "Experts of a block.")
          .required("num_experts_per_tok", &Config::experts_per_token,
                    config::integer(1, kMostExpertsPerToken), "Experts chosen for each token.")
          .optional("sliding_window", &Config::window, config::maybe(size_codec()),
                    "Keys that a token sees, itself included; null: all.")
          .check(check_experts);
  return kSchema;
}

std::optional<TransformerModel> read_config(const config::Node& node, config::Reader& reader) {
  const auto config = schema().read(known_part(node, *schema().description(), reader), reader);
  if (!config) {
    return std::nullopt;
  }
  TransformerModel model = gated_decoder_model(*config);
  model.window = config->window;
  model.experts = ExpertModel{.experts = config->experts,
                              .experts_per_token = config->experts_per_token,
                              .expert_size = config->mlp_size,
                              .gated = true,
                              .activation = config->activation,
                              .normalized_scores = true};
  return model;
}

}  // namespace

void register_mixtral(base::Registry<ModelImporter>& registry) {
  registry.add("mixtral", read_config);
}

}  // namespace orrery::workload
