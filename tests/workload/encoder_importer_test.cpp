// SPDX-License-Identifier: Apache-2.0
// Encoders, and what Gemma does with its embedding.
#include <gmock/gmock.h>

#include "tests/workload/shipped_model.h"
#include "tests/workload/workload_files.h"

namespace orrery::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EncoderImporterTest : public WorkloadFiles {};

const std::string kBert = R"(
kind: llm
phase: encode
prompt: 5
batch: 2
config: {model_type: bert, hidden_size: 24, num_hidden_layers: 1, num_attention_heads: 4,
         intermediate_size: 40, vocab_size: 50, max_position_embeddings: 16}
)";

const std::string kVit = R"(
kind: llm
phase: encode
batch: 3
config: {model_type: vit, hidden_size: 24, num_hidden_layers: 1, num_attention_heads: 4,
         intermediate_size: 40, image_size: 12, patch_size: 4, num_labels: 7}
)";

std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Operator& op : graph.operators) {
    names.push_back(op.name);
  }
  return names;
}

TEST_F(EncoderImporterTest, BertEmbedsTokensTypesAndPositionsAndNormalizesBehindItsSums) {
  EXPECT_THAT(
      names_of(load(kBert).graph),
      ElementsAre("embedding", "embedding.token_type", "embedding.token_type_add",
                  "embedding.position", "embedding.add", "embedding.norm", "layer0.attention.query",
                  "layer0.attention.key", "layer0.attention.value", "layer0.attention.core",
                  "layer0.attention.output", "layer0.attention.residual", "layer0.attention.norm",
                  "layer0.mlp.up", "layer0.mlp.activation", "layer0.mlp.down",
                  "layer0.mlp.residual", "layer0.mlp.norm", "first_token", "pooler",
                  "pooler.activation"));
}

TEST_F(EncoderImporterTest, BertLetsEachTokenSeeAllAndKeepsNoCache) {
  const Graph graph = load(kBert).graph;
  const Operator& core = operator_named(graph, "layer0.attention.core");
  EXPECT_FALSE(std::get<Attention>(core.attributes).causal);
  EXPECT_EQ(core.inputs.size(), 3U);
  // Two sequences, two products of each of 24 elements for each of 5 * 5 pairs.
  EXPECT_EQ(useful_macs(graph, core), 2 * 2 * 24 * 25);
  EXPECT_EQ(describe(graph).resident_cache_bytes, 0);
}

TEST_F(EncoderImporterTest, BertPoolsTheFirstTokenOfEachSequence) {
  const Graph graph = load(kBert).graph;
  EXPECT_EQ(tensor_named(graph, "first_token").shape, (Shape{2, 1, 24}));
  EXPECT_EQ(tensor_named(graph, "pooler.activation").role, TensorRole::kOutput);
  EXPECT_EQ(load(kBert, {"workload.lm_head=false"}).graph.operators.back().name, "layer0.mlp.norm");
}

TEST_F(EncoderImporterTest, AnEncoderIsNeitherPrefilledNorDecoded) {
  EXPECT_THAT(error_of(kBert, {"workload.phase=prefill"}),
              HasSubstr("workload.phase: found 'prefill'; expected encode"));
  EXPECT_THAT(error_of(kBert, {"workload.context=3"}), HasSubstr("has no meaning in phase encode"));
  EXPECT_THAT(error_of(kBert, {"workload.prompt=17"}), HasSubstr("expected at most 16"));
  EXPECT_THAT(error_of(kVit, {"workload.prompt=4"}), HasSubstr("has no meaning"));
}

TEST_F(EncoderImporterTest, VitCutsItsImageIntoPatchesBehindTheTokenOfTheClass) {
  const Graph graph = load(kVit).graph;
  EXPECT_EQ(tensor_named(graph, "patches").shape, (Shape{3, 3, 3, 24}));
  EXPECT_EQ(tensor_named(graph, "patches.weight").shape, (Shape{4, 4, 3, 24}));
  EXPECT_EQ(tensor_named(graph, "patches.tokens").shape, (Shape{3, 9, 24}));
  EXPECT_EQ(tensor_named(graph, "class_token.weight").shape, (Shape{1, 24}));
  const Operator& embedding = operator_named(graph, "embedding");
  EXPECT_EQ(tensor_of(graph, embedding.inputs[0]).name, "class_token");
  EXPECT_EQ(tensor_named(graph, "embedding").shape, (Shape{3, 10, 24}));
  EXPECT_EQ(tensor_named(graph, "embedding.position.weight").shape, (Shape{10, 24}));
  EXPECT_EQ(tensor_named(graph, "classifier").shape, (Shape{3, 1, 7}));
}

TEST_F(EncoderImporterTest, VitTakesItsClassesFromTheirNames) {
  const Graph graph =
      load(kVit, {"workload.config.num_labels=null", "workload.config.id2label={0: cat, 1: dog}"})
          .graph;
  EXPECT_EQ(tensor_named(graph, "classifier").shape, (Shape{3, 1, 2}));
  EXPECT_EQ(load(kVit, {"workload.config.num_labels=null"}).graph.operators.back().name,
            "pooler.activation");
}

TEST_F(EncoderImporterTest, GemmaScalesItsEmbeddingAndHasHeadsOfTheirOwnSize) {
  const Graph graph = load(R"(
kind: llm
phase: decode
context: 3
config: {model_type: gemma, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 4,
         num_key_value_heads: 1, head_dim: 8, intermediate_size: 40, vocab_size: 50}
)")
                          .graph;
  const auto& scale = std::get<Elementwise>(operator_named(graph, "embedding.scale").attributes);
  EXPECT_EQ(scale.kind, ElementwiseKind::kMultiply);
  EXPECT_EQ(scale.scalar, 4.0);  // sqrt(16)
  EXPECT_EQ(tensor_named(graph, "layer0.attention.query").shape, (Shape{1, 1, 32}));
  EXPECT_EQ(tensor_named(graph, "layer0.attention.key").shape, (Shape{1, 1, 8}));
  // Tied where the file does not say so, and GELU in the gate.
  EXPECT_EQ(tensor_of(graph, operator_named(graph, "lm_head").inputs[1]).name, "embedding.weight");
  EXPECT_EQ(std::get<Elementwise>(operator_named(graph, "layer0.mlp.activation").attributes).kind,
            ElementwiseKind::kGelu);
}

TEST(PublishedEncoders, HaveTheirParameters) {
  // Model cards: BERT with the pooler; framework documentation: ViT-B/16 with
  // its classifier.
  EXPECT_EQ(describe_model("bert_base").total.parameters, 109'482'240);
  EXPECT_EQ(describe_model("bert_large").total.parameters, 335'141'888);
  EXPECT_EQ(describe_model("vit_base_patch16_224").total.parameters, 86'567'656);
}

TEST(PublishedEncoders, NeedTheProductsOfTheirMatrices) {
  // 12 blocks: 12 * 768^2 for each token and 2 * 768 for each pair; the pooler,
  // or 196 patches of 3 * 16 * 16 pixels and a thousand classes. Published for
  // ViT: 17.6 G.
  EXPECT_EQ(describe_model("bert_base").total.macs,
            12LL * (128 * 12 * 768 * 768 + 2 * 768 * 128 * 128) + 768 * 768);
  EXPECT_EQ(describe_model("vit_base_patch16_224").total.macs,
            12LL * (197LL * 12 * 768 * 768 + 2 * 768 * 197 * 197) + 196LL * 768 * 768 + 768 * 1000);
}

TEST(PublishedGemma, HasItsParametersWithTheTiedHead) {
  // Model cards, without what is counted twice where the head is not tied.
  EXPECT_EQ(describe_model("gemma_2b_decode").total.parameters, 2'506'172'416);
  EXPECT_EQ(describe_model("gemma_7b_decode").total.parameters, 8'537'680'896);
}

}  // namespace
}  // namespace orrery::workload
