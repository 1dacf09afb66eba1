// SPDX-License-Identifier: Apache-2.0
// What the configurations of the model types say about the operators that are built.
#include <gmock/gmock.h>

#include "tests/workload/workload_files.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

using testing::HasSubstr;

class ImporterTest : public WorkloadFiles {
 protected:
  // Names of the operators that are there and begin with `prefix`.
  static std::vector<std::string> names_of(const Graph& graph, const std::string& prefix) {
    std::vector<std::string> names;
    for (const Operator& op : graph.operators) {
      if (op.name.starts_with(prefix)) {
        names.push_back(op.name.substr(prefix.size()));
      }
    }
    return names;
  }
};

const std::string kOpt = R"(
kind: llm
phase: decode
context: 6
config: {model_type: opt, hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 4,
         ffn_dim: 40, vocab_size: 50, max_position_embeddings: 16}
)";

TEST_F(ImporterTest, OptReadsItsPositionsTwoRowsFurther) {
  const Graph graph = load(kOpt).graph;
  EXPECT_EQ(tensor_named(graph, "embedding.position.weight").shape, (Shape{18, 24}));
  const auto& position =
      std::get<Embedding>(operator_named(graph, "embedding.position").attributes);
  EXPECT_EQ(position.past_length, 8);  // the seventh token: row 6, and two before the first
}

TEST_F(ImporterTest, OptMayNormalizeBehindItsSumsAndThenHasNoFinalNorm) {
  const Graph graph = load(kOpt, {"workload.config.do_layer_norm_before=false"}).graph;
  EXPECT_THAT(names_of(graph, "layer0.mlp."),
              testing::ElementsAre("up", "activation", "down", "residual", "norm"));
  EXPECT_THAT(names_of(graph, "final_norm"), testing::IsEmpty());
  // The next block reads what is normalized, and so does its sum.
  const Operator& residual = operator_named(graph, "layer1.attention.residual");
  EXPECT_EQ(tensor_of(graph, residual.inputs[0]).name, "layer0.mlp.norm");
}

TEST_F(ImporterTest, OptProjectsANarrowEmbeddingToAndFro) {
  const Graph graph = load(kOpt, {"workload.config.word_embed_proj_dim=10"}).graph;
  EXPECT_EQ(tensor_named(graph, "embedding.weight").shape, (Shape{50, 10}));
  EXPECT_EQ(tensor_named(graph, "embedding.project.weight").shape, (Shape{10, 24}));
  EXPECT_EQ(tensor_named(graph, "lm_head.project.weight").shape, (Shape{24, 10}));
  EXPECT_EQ(tensor_named(graph, "lm_head").shape, (Shape{1, 1, 50}));
}

TEST_F(ImporterTest, OptWithoutBiasesHasNone) {
  // Two blocks: four projections of 24, and 40 and 24 of the MLP.
  const std::int64_t with = describe(load(kOpt).graph).total.parameters;
  EXPECT_EQ(
      with - describe(load(kOpt, {"workload.config.enable_bias=false"}).graph).total.parameters,
      2 * (4 * 24 + 40 + 24));
}

const std::string kQwen = R"(
kind: llm
phase: decode
context: 9
config: {model_type: qwen2, hidden_size: 24, num_hidden_layers: 3, num_attention_heads: 4,
         num_key_value_heads: 2, intermediate_size: 40, vocab_size: 50, sliding_window: 4,
         max_window_layers: 1}
)";

std::int64_t window_of(const Graph& graph, const std::string& layer) {
  return std::get<Attention>(operator_named(graph, layer + ".attention.core").attributes).window;
}

TEST_F(ImporterTest, Qwen2HasBiasesOfQueryKeyAndValueOnly) {
  const Graph graph = load(kQwen).graph;
  EXPECT_EQ(tensor_named(graph, "layer0.attention.query.bias").shape, (Shape{24}));
  EXPECT_EQ(tensor_named(graph, "layer0.attention.key.bias").shape, (Shape{12}));
  EXPECT_EQ(operator_named(graph, "layer0.attention.output").inputs.size(), 2U);
  EXPECT_EQ(operator_named(graph, "layer0.mlp.down").inputs.size(), 2U);
}

TEST_F(ImporterTest, Qwen2SwitchesItsWindowOnBehindItsFirstLayers) {
  EXPECT_EQ(window_of(load(kQwen).graph, "layer2"), 0);
  const Graph graph = load(kQwen, {"workload.config.use_sliding_window=true"}).graph;
  EXPECT_EQ(window_of(graph, "layer0"), 0);
  EXPECT_EQ(window_of(graph, "layer1"), 4);
  EXPECT_EQ(window_of(graph, "layer2"), 4);
}

TEST_F(ImporterTest, Qwen2TakesTheAttentionOfEachLayerFromItsList) {
  const Graph graph =
      load(kQwen, {"workload.config.use_sliding_window=true",
                   "workload.config.layer_types=[sliding_attention, full_attention, "
                   "sliding_attention]"})
          .graph;
  EXPECT_EQ(window_of(graph, "layer0"), 4);
  EXPECT_EQ(window_of(graph, "layer1"), 0);
  EXPECT_EQ(window_of(graph, "layer2"), 4);
}

TEST_F(ImporterTest, AWindowThatHoldsAllTokensIsNone) {
  // Ten tokens with the new one.
  const auto window = [&](const std::string& size) {
    return window_of(load(kQwen, {"workload.config.use_sliding_window=true",
                                  "workload.config.sliding_window=" + size})
                         .graph,
                     "layer2");
  };
  EXPECT_EQ(window("10"), 0);
  EXPECT_EQ(window("9"), 9);
}

const std::string kQwenExperts = R"(
kind: llm
phase: prefill
prompt: 3
config: {model_type: qwen2_moe, hidden_size: 24, num_hidden_layers: 4, num_attention_heads: 4,
         num_key_value_heads: 2, intermediate_size: 40, vocab_size: 50, num_experts: 5,
         num_experts_per_tok: 2, moe_intermediate_size: 7, shared_expert_intermediate_size: 9,
         decoder_sparse_step: 2}
)";

TEST_F(ImporterTest, Qwen2MoeHasExpertsInEverySecondBlockAsItsStepSays) {
  const Graph graph = load(kQwenExperts).graph;
  const auto has_router = [&](const std::string& layer) {
    return !names_of(graph, layer + ".mlp.router").empty();
  };
  EXPECT_FALSE(has_router("layer0"));
  EXPECT_TRUE(has_router("layer1"));
  EXPECT_FALSE(has_router("layer2"));
  EXPECT_TRUE(has_router("layer3"));
  EXPECT_EQ(tensor_named(graph, "layer0.mlp.up.weight").shape, (Shape{24, 40}));
}

TEST_F(ImporterTest, Qwen2MoeLeavesBlocksOutThatHaveAnMlp) {
  // Five experts of 3 * 24 * 7, a router of 24 * 5, a shared expert of 3 * 24 * 9 and its gate of
  // 24, against an MLP of 3 * 24 * 40.
  const std::int64_t mixed = describe(load(kQwenExperts).graph).total.parameters;
  const std::int64_t one_less =
      describe(load(kQwenExperts, {"workload.config.mlp_only_layers=[3]"}).graph).total.parameters;
  EXPECT_EQ(mixed - one_less, 5 * 504 + 120 + 648 + 24 - 2880);
}

TEST_F(ImporterTest, MixtralNeedsItsExperts) {
  EXPECT_THAT(error_of(kQwen, {"workload.config.model_type=mixtral"}),
              HasSubstr("missing key 'num_local_experts'"));
}

}  // namespace
}  // namespace orrery::workload
