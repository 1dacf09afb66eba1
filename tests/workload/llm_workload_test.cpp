// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/workload/workload_files.h"
#include "workload/graph_description.h"

namespace orrery::workload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kTinyLlama = R"(
kind: llm
phase: decode
context: 6
batch: 2
config: {model_type: llama, hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 4,
         num_key_value_heads: 2, head_dim: 8, intermediate_size: 40, vocab_size: 50}
)";

const std::string kTinyGpt = R"(
kind: llm
phase: prefill
prompt: 5
batch: 3
config: {model_type: gpt2, n_embd: 24, n_layer: 1, n_head: 4, vocab_size: 50, n_positions: 16}
)";

class LlmWorkloadTest : public WorkloadFiles {};

std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Operator& op : graph.operators) {
    names.push_back(op.name);
  }
  return names;
}

TEST_F(LlmWorkloadTest, BuildsTheOperatorsOfALlamaBlockInOrder) {
  const Graph graph = load(kTinyLlama, {"workload.layers=1"}).graph;
  EXPECT_THAT(
      names_of(graph),
      ElementsAre("embedding", "layer0.attention.norm", "layer0.attention.query",
                  "layer0.attention.key", "layer0.attention.value", "layer0.attention.query_rotary",
                  "layer0.attention.key_rotary", "layer0.attention.core", "layer0.attention.output",
                  "layer0.attention.residual", "layer0.mlp.norm", "layer0.mlp.gate",
                  "layer0.mlp.up", "layer0.mlp.activation", "layer0.mlp.product", "layer0.mlp.down",
                  "layer0.mlp.residual", "final_norm", "lm_head"));
}

TEST_F(LlmWorkloadTest, BuildsTheOperatorsOfAGpt2BlockInOrder) {
  EXPECT_THAT(
      names_of(load(kTinyGpt).graph),
      ElementsAre("embedding", "embedding.position", "embedding.add", "layer0.attention.norm",
                  "layer0.attention.query", "layer0.attention.key", "layer0.attention.value",
                  "layer0.attention.core", "layer0.attention.output", "layer0.attention.residual",
                  "layer0.mlp.norm", "layer0.mlp.up", "layer0.mlp.activation", "layer0.mlp.down",
                  "layer0.mlp.residual", "final_norm", "last_token", "lm_head"));
}

// The names of the tensors that an operator reads, its own parameters left out.
std::vector<std::string> sources_of(const Graph& graph, const std::string& name) {
  std::vector<std::string> sources;
  for (const TensorId id : operator_named(graph, name).inputs) {
    if (!tensor_of(graph, id).name.starts_with(name + ".")) {
      sources.push_back(tensor_of(graph, id).name);
    }
  }
  return sources;
}

TEST_F(LlmWorkloadTest, ConnectsTheOperatorsOfALlamaBlock) {
  const Graph graph = load(kTinyLlama).graph;
  const auto sources = [&](const std::string& name) { return sources_of(graph, "layer1." + name); };
  EXPECT_THAT(sources("attention.norm"), ElementsAre("layer0.mlp.residual"));
  EXPECT_THAT(sources("attention.query"), ElementsAre("layer1.attention.norm"));
  EXPECT_THAT(sources("attention.key"), ElementsAre("layer1.attention.norm"));
  EXPECT_THAT(sources("attention.value"), ElementsAre("layer1.attention.norm"));
  EXPECT_THAT(sources("attention.query_rotary"), ElementsAre("layer1.attention.query"));
  EXPECT_THAT(sources("attention.key_rotary"), ElementsAre("layer1.attention.key"));
  EXPECT_THAT(sources("attention.core"),
              ElementsAre("layer1.attention.query_rotary", "layer1.attention.key_rotary",
                          "layer1.attention.value"));
  EXPECT_THAT(sources("attention.output"), ElementsAre("layer1.attention.core"));
  EXPECT_THAT(sources("attention.residual"),
              ElementsAre("layer0.mlp.residual", "layer1.attention.output"));
  EXPECT_THAT(sources("mlp.norm"), ElementsAre("layer1.attention.residual"));
  EXPECT_THAT(sources("mlp.gate"), ElementsAre("layer1.mlp.norm"));
  EXPECT_THAT(sources("mlp.up"), ElementsAre("layer1.mlp.norm"));
  EXPECT_THAT(sources("mlp.activation"), ElementsAre("layer1.mlp.gate"));
  EXPECT_THAT(sources("mlp.product"), ElementsAre("layer1.mlp.activation", "layer1.mlp.up"));
  EXPECT_THAT(sources("mlp.down"), ElementsAre("layer1.mlp.product"));
  EXPECT_THAT(sources("mlp.residual"), ElementsAre("layer1.attention.residual", "layer1.mlp.down"));
  EXPECT_THAT(sources_of(graph, "final_norm"), ElementsAre("layer1.mlp.residual"));
  EXPECT_THAT(sources_of(graph, "lm_head"), ElementsAre("final_norm"));
}

TEST_F(LlmWorkloadTest, ConnectsTheOperatorsOfAGpt2Block) {
  const Graph graph = load(kTinyGpt).graph;
  EXPECT_THAT(sources_of(graph, "embedding.add"), ElementsAre("embedding", "embedding.position"));
  EXPECT_THAT(
      sources_of(graph, "layer0.attention.core"),
      ElementsAre("layer0.attention.query", "layer0.attention.key", "layer0.attention.value"));
  EXPECT_THAT(sources_of(graph, "layer0.attention.residual"),
              ElementsAre("embedding.add", "layer0.attention.output"));
  EXPECT_THAT(sources_of(graph, "layer0.mlp.activation"), ElementsAre("layer0.mlp.up"));
  EXPECT_THAT(sources_of(graph, "layer0.mlp.down"), ElementsAre("layer0.mlp.activation"));
  EXPECT_THAT(sources_of(graph, "last_token"), ElementsAre("final_norm"));
  EXPECT_THAT(sources_of(graph, "lm_head"), ElementsAre("last_token", "embedding.weight"));
}

TEST_F(LlmWorkloadTest, GivesGroupedQueriesTheShapesOfTheirHeads) {
  const Graph graph = load(kTinyLlama).graph;
  // 4 query heads and 2 key-value heads of 8: the head size is not hidden / heads = 6.
  EXPECT_EQ(tensor_named(graph, "layer1.attention.query").shape, (Shape{2, 1, 32}));
  EXPECT_EQ(tensor_named(graph, "layer1.attention.key").shape, (Shape{2, 1, 16}));
  EXPECT_EQ(tensor_named(graph, "layer1.attention.output.weight").shape, (Shape{32, 24}));
  // Six tokens of the past and the new one.
  EXPECT_EQ(tensor_named(graph, "layer1.attention.core.key_cache").shape, (Shape{2, 2, 7, 8}));
  const auto& core = std::get<Attention>(operator_named(graph, "layer1.attention.core").attributes);
  EXPECT_EQ(core.past_length, 6);
  EXPECT_EQ(core.query_length, 1);
  EXPECT_TRUE(core.causal);
  EXPECT_DOUBLE_EQ(core.scale * core.scale, 1.0 / 8);
  const auto& rotary =
      std::get<RotaryEmbedding>(operator_named(graph, "layer1.attention.key_rotary").attributes);
  EXPECT_EQ(rotary.heads, 2);
  EXPECT_EQ(rotary.past_length, 6);
}

TEST_F(LlmWorkloadTest, CountsTheParametersOfGroupedQueriesAndOddHeads) {
  // Embedding and head 2 * 50 * 24; two blocks of norms 2 * 24, query and output 2 * 24 * 32, key
  // and value 2 * 24 * 16, MLP 3 * 24 * 40; final norm 24.
  EXPECT_EQ(describe(load(kTinyLlama).graph).total.parameters,
            2400 + 2 * (48 + 1536 + 768 + 2880) + 24);
}

TEST_F(LlmWorkloadTest, AddsTheBiasesThatALlamaConfigAsksFor) {
  // Query, key, value and output: 32 + 16 + 16 + 24; gate, up and down: 40 + 40 + 24; two blocks.
  const std::int64_t plain = describe(load(kTinyLlama).graph).total.parameters;
  EXPECT_EQ(describe(load(kTinyLlama,
                          {"workload.config.attention_bias=true", "workload.config.mlp_bias=true"})
                         .graph)
                .total.parameters,
            plain + 2 * (88 + 104));
}

TEST_F(LlmWorkloadTest, CountsATiedHeadOnceAndReadsItTransposed) {
  const std::int64_t untied = describe(load(kTinyLlama).graph).total.parameters;
  const Graph graph = load(kTinyLlama, {"workload.config.tie_word_embeddings=true"}).graph;
  EXPECT_EQ(describe(graph).total.parameters, untied - 50 * 24);
  const Operator& head = operator_named(graph, "lm_head");
  EXPECT_TRUE(std::get<MatrixMultiplication>(head.attributes).transposed_b);
  EXPECT_EQ(tensor_of(graph, head.inputs[1]).name, "embedding.weight");
  // What the head reads is the whole table, what the embedding reads a row for each sequence.
  const GraphDescription description = describe(graph);
  EXPECT_EQ(description.operators.back().weight_bytes, 50 * 24 * 2);
  EXPECT_EQ(description.operators.front().weight_bytes, 2 * 24 * 2);
}

TEST_F(LlmWorkloadTest, TakesTheLastTokenBeforeTheHeadInPrefillOnly) {
  const Graph prefill = load(kTinyGpt).graph;
  EXPECT_EQ(tensor_named(prefill, "final_norm").shape, (Shape{3, 5, 24}));
  EXPECT_EQ(tensor_named(prefill, "last_token").shape, (Shape{3, 24}));
  EXPECT_EQ(tensor_named(prefill, "lm_head").shape, (Shape{3, 50}));
  EXPECT_EQ(tensor_named(prefill, "lm_head").role, TensorRole::kOutput);
  EXPECT_EQ(tensor_named(load(kTinyLlama).graph, "lm_head").shape, (Shape{2, 1, 50}));
}

// Of another type than the table: a copy of it.
TEST_F(LlmWorkloadTest, GivesATiedHeadOfItsOwnTypeAMatrixOfItsOwn) {
  const Graph graph = load(kTinyGpt, {"workload.types.lm_head=int8"}).graph;
  EXPECT_THAT(sources_of(graph, "lm_head"), ElementsAre("last_token"));
  EXPECT_EQ(tensor_named(graph, "lm_head.weight").type, numeric::ElementType::kInt8);
  EXPECT_EQ(tensor_named(graph, "lm_head.weight").elements(), 50 * 24);
  EXPECT_EQ(tensor_named(graph, "embedding.weight").type, numeric::ElementType::kFp16);
}

TEST_F(LlmWorkloadTest, WithoutHeadEndsInTheFinalNorm) {
  const Graph graph = load(kTinyGpt, {"workload.lm_head=false"}).graph;
  EXPECT_EQ(graph.operators.back().name, "final_norm");
  EXPECT_EQ(tensor_named(graph, "final_norm").role, TensorRole::kOutput);
}

TEST_F(LlmWorkloadTest, PlacesThePositionEmbeddingBehindThePast) {
  const Graph graph =
      load(kTinyGpt, {"workload.phase=decode", "workload.prompt=null", "workload.context=15"})
          .graph;
  const auto& position =
      std::get<Embedding>(operator_named(graph, "embedding.position").attributes);
  EXPECT_EQ(position.rows, EmbeddingRows::kPosition);
  EXPECT_EQ(position.past_length, 15);
}

TEST_F(LlmWorkloadTest, RefusesPositionsThatTheModelDoesNotHave) {
  // 16 positions: a prompt of 16 or a token after 15 others is the last that fits.
  EXPECT_NO_THROW((void)load(kTinyGpt, {"workload.prompt=16"}));
  EXPECT_THAT(error_of(kTinyGpt, {"workload.prompt=17"}),
              HasSubstr("workload.prompt: found '17'; expected at most 16: the model has 16"));
  EXPECT_THAT(
      error_of(kTinyGpt, {"workload.phase=decode", "workload.prompt=null", "workload.context=16"}),
      HasSubstr("workload.context: found '16'; expected at most 15"));
}

TEST_F(LlmWorkloadTest, StartsFromAnEmptyCache) {
  const Graph graph = load(kTinyLlama, {"workload.context=0"}).graph;
  EXPECT_EQ(tensor_named(graph, "layer0.attention.core.key_cache").shape, (Shape{2, 2, 1, 8}));
}

TEST_F(LlmWorkloadTest, GivesEachTensorTheTypeOfItsPart) {
  const Graph graph =
      load(kTinyLlama, {"workload.types={weights: int4, activations: fp8, kv_cache: int8}"}).graph;
  using numeric::ElementType;
  EXPECT_EQ(tensor_named(graph, "layer0.mlp.up.weight").type, ElementType::kInt4);
  EXPECT_EQ(tensor_named(graph, "embedding.weight").type, ElementType::kInt4);
  EXPECT_EQ(tensor_named(graph, "layer0.mlp.up").type, ElementType::kFp8E4m3);
  EXPECT_EQ(tensor_named(graph, "layer0.attention.core.value_cache").type, ElementType::kInt8);
  // Integer weights accumulate in int32, and so do what is added to them.
  EXPECT_EQ(tensor_named(graph, "final_norm.gamma").type, ElementType::kInt32);
}

TEST_F(LlmWorkloadTest, KeepsVectorsInTheTypeThatIsAskedFor) {
  using numeric::ElementType;
  EXPECT_EQ(tensor_named(load(kTinyLlama).graph, "final_norm.gamma").type, ElementType::kFp16);
  EXPECT_EQ(
      tensor_named(load(kTinyLlama, {"workload.types.vectors=fp32"}).graph, "final_norm.gamma")
          .type,
      ElementType::kFp32);
}

TEST_F(LlmWorkloadTest, PassesOverWhatAConfigSaysOfOtherThings) {
  write("config.json", R"({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
    "n_embd": 8, "n_layer": 1, "n_head": 2, "n_inner": null, "n_ctx": 1024, "vocab_size": 9,
    "attn_pdrop": 0.1, "bos_token_id": 50256, "embd_pdrop": 0.1, "eos_token_id": 50256,
    "initializer_range": 0.02, "resid_pdrop": 0.1, "summary_activation": null,
    "summary_first_dropout": 0.1, "summary_proj_to_labels": true, "summary_type": "cls_index",
    "summary_use_proj": true, "task_specific_params": {"text-generation": {"max_length": 50}}})");
  EXPECT_EQ(tensor_named(load("kind: llm\nconfig: config.json\nphase: prefill\nprompt: 2\n").graph,
                         "layer0.mlp.up")
                .shape,
            (Shape{1, 2, 32}));
}

TEST_F(LlmWorkloadTest, PassesOverWhatALlamaConfigSaysOfOtherThings) {
  write("config.json", R"({"architectures": ["LlamaForCausalLM"], "attention_bias": false,
    "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": 128001, "hidden_act": "silu",
    "hidden_size": 24, "initializer_range": 0.02, "intermediate_size": 40,
    "max_position_embeddings": 8192, "model_type": "llama", "num_attention_heads": 4,
    "num_hidden_layers": 1, "num_key_value_heads": 2, "pad_token_id": 0, "pretraining_tp": 1,
    "rms_norm_eps": 1e-05, "rope_scaling": null, "rope_theta": 500000.0,
    "rope_parameters": {"rope_type": "default"}, "dtype": "bfloat16",
    "tie_word_embeddings": false, "torch_dtype": "bfloat16", "transformers_version": "4.40.0",
    "use_cache": true, "vocab_size": 50, "_name_or_path": "x"})");
  EXPECT_EQ(tensor_named(load("kind: llm\nconfig: config.json\nphase: decode\ncontext: 2\n").graph,
                         "layer0.attention.key")
                .shape,
            (Shape{1, 1, 12}));
}

TEST_F(LlmWorkloadTest, ReportsASlipInAnOptionalKeyOfAConfig) {
  EXPECT_THAT(error_of(kTinyLlama, {"workload.config.rope_teta=1"}),
              HasSubstr("unknown key 'rope_teta'; did you mean 'rope_theta'?"));
}

TEST_F(LlmWorkloadTest, RefusesWhatTheModelTypeDoesNotHave) {
  EXPECT_THAT(error_of(kTinyLlama, {"workload.config.num_local_experts=8"}),
              HasSubstr("workload.config.num_local_experts: found '8'"));
  EXPECT_NO_THROW((void)load(kTinyLlama, {"workload.config.sliding_window=null"}));
}

}  // namespace
}  // namespace orrery::workload
